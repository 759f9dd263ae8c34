# What every file loads: an empty folder as current folder, `unum` on PATH, no colours wanted.
# UNUM, UNUM_SOURCE, UNUM_PREFIX and UNUM_RECORDS come from ctest. Secrets of tests hold the word Hush.

setup() {
    : "${UNUM:?the program to test}"
    PATH=$(dirname "$UNUM"):$PATH
    unset NO_COLOR CLICOLOR_FORCE UNUM_OUTPUT UNUM_COLOR UNUM_TEMPLATE UNUM_LOCAL
    export LC_ALL=C.UTF-8 ASAN_OPTIONS=detect_leaks=1
    # What --debug shows is kept for tests/check_secrets, as is what is printed.
    [ -z "${UNUM_RECORDS:-}" ] ||
        export UNUM_CLI_DEBUG_FILE="$UNUM_RECORDS/${BATS_TEST_FILENAME##*/}.debug"
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
    [ -z "${UNUM_RECORDS:-}" ] ||
        cat "$WORK/.stdout" "$WORK/.stderr" >>"$UNUM_RECORDS/${BATS_TEST_FILENAME##*/}.out"
    stdout=$(cat "$WORK/.stdout")
    stderr=$(cat "$WORK/.stderr")
}

# What was printed and is looked at, for tests/check_secrets.
keep() {
    [ -z "${UNUM_RECORDS:-}" ] || printf '%s\n' "$1" >>"$UNUM_RECORDS/${BATS_TEST_FILENAME##*/}.out"
}

is() { # ACTUAL EXPECTED
    keep "$1"
    [ "$1" = "$2" ] || { printf 'got:      %s\nexpected: %s\n' "$1" "$2" >&2; return 1; }
}

has() { # TEXT PART
    keep "$1"
    case $1 in *"$2"*) ;; *) printf 'no "%s" in:\n%s\n' "$2" "$1" >&2; return 1 ;; esac
}

hasnt() { # TEXT PART
    case $1 in *"$2"*) printf '"%s" in:\n%s\n' "$2" "$1" >&2; return 1 ;; esac
}

# json TEXT EXPRESSION: a Python expression over the parsed value `v`.
json() {
    keep "$1"
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

# No variable of an account.
forget_account() {
    local name
    for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
}

# The platform of app/ as an account with credentials.
account() {
    unum -q -C app local start --background >/dev/null
    AWS_ENDPOINT_URL=$(python3 -c 'import json; print(json.load(open("app/.unum/local.json"))["endpoint"])')
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=unum-local AWS_SECRET_ACCESS_KEY=unum-local-secret
    export AWS_REGION=eu-west-1 AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent
    export AWS_EC2_METADATA_DISABLED=true
}
