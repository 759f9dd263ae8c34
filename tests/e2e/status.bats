load e2e.bash

@test "after a run: the last one, or a named one" {
    unum -q init app
    unum -C app run --session first >/dev/null
    unum -C app run --session second >/dev/null
    split unum -C app status --local
    is "$status" 0
    has "$stdout" "second"
    has "$stdout" "SUCCEEDED"
    split unum -C app status --local first
    has "$stdout" "first"
    split unum -C app status --local first --output json
    is "$(json "$stdout" 'v["result"]["status"]')" SUCCEEDED
    is "$(json "$stdout" 'v["result"]["output"]')" "Hello world!"
}

@test "a failed run: exit status 3, error and cause" {
    unum -q init --template parallel app
    split unum -C app run --session bad -d '{}'
    split unum -C app status --local bad
    is "$status" 3
    has "$stdout" "FAILED"
    has "$stdout" "Tax.NoPrice"
}

@test "a run that never was" {
    unum -q init app
    split unum -C app status --local
    is "$status" 1
    has "$stderr" "unum run"
    unum -C app run >/dev/null
    split unum -C app status --local none
    is "$status" 1
    has "$stderr" 'no run "none"'
}

@test "AWS is not there yet" {
    unum -q init app
    split unum -C app status x
    is "$status" 1
    has "$stderr" "--local"
}

@test "sessions are offered to completion" {
    unum -q init app
    unum -C app run --session abc >/dev/null
    is "$(unum -C app __complete session)" abc
}
