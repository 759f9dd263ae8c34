# What .ci/run and .ci/deep share; sourced by both. A phase is a command with a name and a ceiling of
# seconds; its output goes to $logs/NAME.log, and its end is shown when it fails. A phase whose last
# line is "passed N, failed N, skipped N" adds those numbers, any other one counts as one.
# shellcheck shell=bash disable=SC2206,SC2046,SC2016

: "${logs:?where the output of the phases goes}"
mkdir -p "$logs"
started=$(date +%s)
passed=0
failed=0
skipped=0
skipped_names=()
failed_names=()

elapsed() {
    echo $(($(date +%s) - started))
}

# skip NAME REASON: one that was left out.
skip() {
    skipped=$((skipped + 1))
    skipped_names+=("$1: $2")
    printf '%4ds  %-28s skipped: %s\n' "$(elapsed)" "$1" "$2"
}

# count_phase NAME STATUS: adds what the log of a finished phase says.
count_phase() {
    local name=$1 status=$2 log=$logs/${1//\//-}.log line
    line=$(tail -n 1 "$log" | grep -E '^passed [0-9]+, failed [0-9]+, skipped [0-9]+$')
    if [ -n "$line" ]; then
        local numbers=(${line//[^0-9]/ })
        passed=$((passed + numbers[0]))
        failed=$((failed + numbers[1]))
        skipped=$((skipped + numbers[2]))
        while IFS= read -r one; do
            skipped_names+=("$name: ${one#skipped: }")
        done < <(grep '^skipped: ' "$log" | tail -n "${numbers[2]}")
        while IFS= read -r one; do
            failed_names+=("$name: ${one#failed: }")
        done < <(grep '^failed: ' "$log")
        if [ "$status" -ne 0 ] && [ "${numbers[1]}" -eq 0 ]; then
            failed=$((failed + 1))
            failed_names+=("$name: status $status")
        fi
    elif [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
    elif [ "$status" -eq 77 ]; then
        skipped=$((skipped + 1))
        skipped_names+=("$name: $(sed -n 's/^skipped: //p' "$log" | tail -n 1)")
    else
        failed=$((failed + 1))
        failed_names+=("$name: status $status")
    fi
}

# phase NAME SECONDS COMMAND...: 124 and 137 are the statuses of one that took too long.
phase() {
    local name=$1 ceiling=$2 status=0 log=$logs/${1//\//-}.log verdict
    shift 2
    printf '%4ds  %-28s ' "$(elapsed)" "$name"
    timeout -k 15 "$ceiling" "$@" >"$log" 2>&1 </dev/null || status=$?
    case $status in
    0) verdict=passed ;;
    77) verdict=skipped ;;
    124 | 137) verdict="failed: no end after $ceiling s" ;;
    *) verdict="failed: status $status" ;;
    esac
    line=$(tail -n 1 "$log" | grep -E '^passed [0-9]+, failed [0-9]+, skipped [0-9]+$')
    printf '%s%s\n' "$verdict" "${line:+ ($line)}"
    count_phase "$name" "$status"
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
        grep -E '^failed: |warning: |error: |ERROR: |SUMMARY: |FAILED' "$log" | head -n 40 | sed 's/^/      | /'
        tail -n 40 "$log" | sed 's/^/      | /'
    fi
    return "$status"
}

# Names what was skipped and what failed; the last line counts. The status is that of everything.
finish() {
    local one
    printf '%4ds  end\n' "$(elapsed)"
    for one in "${skipped_names[@]}"; do echo "skipped: $one"; done
    for one in "${failed_names[@]}"; do echo "failed: $one"; done
    echo "passed $passed, failed $failed, skipped $skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# build PRESET [TARGET...]: configures once, builds with two jobs.
build() {
    local preset=$1
    shift
    [ -e "build/$preset/build.ninja" ] || cmake --preset "$preset" || return
    cmake --build "build/$preset" -j 2 ${1:+--target "$@"}
}

# tests PRESET CTEST-ARGUMENTS...: with the closing line of tests/count_results.
tests() {
    local preset=$1 results=$PWD/build/$1/results.xml status=0
    shift
    rm -f "$results"
    ctest --test-dir "build/$preset" -j 2 --output-on-failure --timeout 600 --no-tests=error \
        --test-output-size-passed 100000 --output-junit "$results" "$@" || status=$?
    sh tests/count_results "$results" || status=1
    return "$status"
}

# Names of the fuzz targets.
fuzz_targets() {
    sed -n 's/^unum_fuzz(\([a-z0-9_]*\).*/fuzz_\1/p' tests/fuzz/CMakeLists.txt
}

# fuzz_one TARGET SECONDS: a run that can be repeated, unless UNUM_FUZZ_SEED is 0 (a random one). New
# inputs go to build/, never into the corpus of the sources.
fuzz_one() {
    local target=$1 seconds=$2 name=${1#fuzz_} found=build/fuzz/found/$1 seeds=()
    mkdir -p "$found"
    [ -d "tests/fuzz/corpus/$name" ] && seeds=("tests/fuzz/corpus/$name")
    timeout -k 15 $((seconds + 60)) "build/fuzz/tests/fuzz/$target" -max_total_time="$seconds" -timeout=20 \
        -seed="${UNUM_FUZZ_SEED:-1}" \
        -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="build/fuzz/$target-" \
        "$found" "${seeds[@]}" >"$logs/$target.log" 2>&1 </dev/null
}

# fuzz_all SECONDS: all targets, two at a time.
fuzz_all() {
    local seconds=$1 target ok=0 bad=0
    build fuzz $(fuzz_targets) || return
    fuzz_targets | xargs -P 2 -I '{}' bash -c '
        fuzz_one "$1" "$2" && echo "fuzzed: $1 $(sed -n "s/^stat::number_of_executed_units: *//p" "$logs/$1.log") runs" && exit
        tail -n 60 "$logs/$1.log"
        echo "failed: $1"' fuzz '{}' "$seconds" | tee "$logs/fuzz.list"
    ok=$(grep -c '^fuzzed: ' "$logs/fuzz.list")
    bad=$(grep -c '^failed: ' "$logs/fuzz.list")
    echo "passed $ok, failed $bad, skipped 0"
    [ "$bad" -eq 0 ] && [ "$ok" -gt 0 ]
}
# readdirCalled: glibc's readdir is safe as long as every thread has its own stream.
cpp_check() {
    command -v cppcheck >/dev/null || { echo "skipped: cppcheck not installed"; return 77; }
    cppcheck --version
    cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingIncludeSystem --suppress=readdirCalled --suppress=varFuncNullUB --library=posix -D_GNU_SOURCE -DUNUM_VERSION='"0"' \
        -Ilib -Iruntime -Iruntime/include -Icli lib runtime cli
}
export logs
export -f cpp_check build tests fuzz_targets fuzz_one fuzz_all
