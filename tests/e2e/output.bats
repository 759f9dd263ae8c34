load e2e.bash

@test "every verb answers with the envelope, also when it fails" {
    for verb in help version explain validate compile build run "local start" "local stop" invoke \
        logs status "completion bash" "init --list"; do
        # shellcheck disable=SC2086
        split unum $verb --output json
        is "$(json "$stdout" 'v["schemaVersion"]')" 1
        is "$(json "$stdout" 'v["ok"]')" "$([ "$status" = 0 ] && echo true || echo false)"
        is "$(json "$stdout" 'isinstance(v["command"], str)')" true
        is "$(json "$stdout" '"result" in v or "error" in v')" true
        is "$stderr" ""
    done
}

@test "errors in the envelope have code, message, help and diagnostics" {
    split unum validate --output json
    is "$status" 1
    is "$(json "$stdout" 'v["error"]["code"]')" NOTFOUND
    has "$(json "$stdout" 'v["error"]["message"]')" "unum-template.yaml"
    has "$(json "$stdout" 'v["error"]["help"]')" "unum init"
    is "$(json "$stdout" 'v["error"]["diagnostics"]')" "[]"
}

@test "a wrong command line that asks for JSON gets JSON" {
    split unum frobnicate --output json
    is "$status" 2
    is "$(json "$stdout" 'v["error"]["code"]')" USAGE
    split unum --output=json run --nonsense
    is "$(json "$stdout" 'v["command"]')" run
}

@test "streams are only there where there is a stream" {
    split unum version --output jsonl
    is "$status" 2
    has "$stderr" "no stream"
}

@test "no colours when nobody looks" {
    split unum help
    hasnt "$stdout" $'\033'
    split unum biuld
    hasnt "$stderr" $'\033'
}

@test "colours when they are asked for, and not when they are not" {
    split unum --color always biuld
    has "$stderr" $'\033'
    CLICOLOR_FORCE=1 split unum biuld
    has "$stderr" $'\033'
    NO_COLOR=1 split unum --color auto biuld
    hasnt "$stderr" $'\033'
    NO_COLOR=1 CLICOLOR_FORCE=1 split unum biuld
    hasnt "$stderr" $'\033'
    CLICOLOR_FORCE=0 split unum biuld
    hasnt "$stderr" $'\033'
}

@test "colours on a terminal, but not on a dumb one" {
    need script
    script -qec true /dev/null >/dev/null 2>&1 || skip "no pseudo-terminals here"
    TERM=xterm run script -qec "unum biuld" /dev/null
    has "$output" $'\033'
    TERM=dumb run script -qec "unum biuld" /dev/null
    hasnt "$output" $'\033'
    NO_COLOR=1 TERM=xterm run script -qec "unum biuld" /dev/null
    hasnt "$output" $'\033'
}

@test "a reader that goes away is no error message" {
    unum help 2>err.txt | true
    is "$(cat err.txt)" ""
}

@test "a full disk is an error" {
    [ -w /dev/full ] || skip "no /dev/full"
    status=0
    unum help >/dev/full 2>err.txt || status=$?
    is "$status" 1
    has "$(cat err.txt)" "standard output"
}
