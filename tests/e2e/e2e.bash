# What every file loads: an empty folder as current folder, `unum` on PATH, no colours wanted.
# UNUM, UNUM_SOURCE and UNUM_PREFIX come from ctest.

setup() {
    : "${UNUM:?the program to test}"
    PATH=$(dirname "$UNUM"):$PATH
    unset NO_COLOR CLICOLOR_FORCE UNUM_OUTPUT UNUM_COLOR UNUM_TEMPLATE UNUM_LOCAL
    export LC_ALL=C.UTF-8 ASAN_OPTIONS=detect_leaks=1
    WORK=$(mktemp -d)
    cd "$WORK" || return 1
}

teardown() {
    cd /
    # A test that failed half-way must not leave its platform behind.
    local state
    for state in "$WORK"/.unum/local.json "$WORK"/*/.unum/local.json; do
        [ -e "$state" ] && unum -q -C "$(dirname "$(dirname "$state")")" local stop
    done
    rm -rf "$WORK"
}

# Standard output in $stdout, standard error in $stderr, exit status in $status.
split() {
    status=0
    "$@" >"$WORK/.stdout" 2>"$WORK/.stderr" </dev/null || status=$?
    stdout=$(cat "$WORK/.stdout")
    stderr=$(cat "$WORK/.stderr")
}

is() { # ACTUAL EXPECTED
    [ "$1" = "$2" ] || { printf 'got:      %s\nexpected: %s\n' "$1" "$2" >&2; return 1; }
}

has() { # TEXT PART
    case $1 in *"$2"*) ;; *) printf 'no "%s" in:\n%s\n' "$2" "$1" >&2; return 1 ;; esac
}

hasnt() { # TEXT PART
    case $1 in *"$2"*) printf '"%s" in:\n%s\n' "$2" "$1" >&2; return 1 ;; esac
}

# json TEXT EXPRESSION: a Python expression over the parsed value `v`.
json() {
    printf '%s' "$1" | python3 -c 'import json, sys
v = json.load(sys.stdin)
r = eval(sys.argv[1])
print(r if isinstance(r, str) else json.dumps(r, separators=(",", ":")))' "$2"
}

need() { # COMMAND: skip without it
    command -v "$1" >/dev/null || skip "$1 not installed"
}

dead() { # PID (a "!" alone would not fail a bats test)
    # A zombie nobody has waited for yet (in a container without an init) is dead.
    case $(ps -o stat= -p "$1") in
    "" | Z*) ;;
    *) echo "process $1 is alive" >&2; return 1 ;;
    esac
}
