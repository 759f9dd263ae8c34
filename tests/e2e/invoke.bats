load e2e.bash

start() {
    unum -q init --template "${1:-hello-world}" app
    unum -q -C app local start --background >/dev/null
}

@test "the session is printed, and leads to the result" {
    start
    split unum -C app invoke --local -d '""'
    is "$status" 0
    session=$stdout
    [ -n "$session" ]
    for _ in $(seq 100); do
        split unum -C app status --local "$session"
        [ "$status" = 6 ] || [ "$status" = 1 ] || break
        sleep 0.1
    done
    is "$status" 0
    has "$stdout" "SUCCEEDED"
    has "$stdout" '"Hello world!"'
}

@test "--wait prints the result" {
    start
    is "$(unum -C app invoke --local --wait -d '""')" '"Hello world!"'
    split unum -C app invoke --local --wait --session mine --output json
    is "$(json "$stdout" 'v["result"]["output"]')" "Hello world!"
    is "$(json "$stdout" 'v["result"]["session"]')" mine
}

@test "--wait tells a failed run by the exit status" {
    start parallel
    split unum -C app invoke --local --wait -d '{"item":"desk"}'
    is "$status" 3
    is "$stdout" ""
    has "$stderr" "Tax.NoPrice"
}

@test "--timeout: exit status 6, and the run goes on" {
    unum -q init app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(3);\n    return greeting/' app/World/main.c
    unum -q -C app local start --background >/dev/null
    split unum -C app invoke --local --wait --timeout 500ms --session slow
    is "$status" 6
    has "$stderr" "unum status --local slow"
    is "$(unum -C app invoke --local --wait --session slow)" '"Hello world!"'
}

@test "one function" {
    start
    split unum -C app invoke --local --function Hello -d '""'
    is "$status" 0
    has "$stdout" "Hello"
    split unum -C app invoke --local --function Helo
    is "$status" 1
    has "$stderr" 'did you mean "Hello"?'
}

@test "contradictions and bad input" {
    start
    split unum -C app invoke --local --wait --async
    is "$status" 2
    split unum -C app invoke --local -d nonsense
    is "$status" 1
}

@test "without a platform the way to one is told" {
    unum -q init app
    split unum -C app invoke --local
    is "$status" 1
    has "$stderr" "unum local start"
}

@test "AWS is not there yet" {
    unum -q init app
    split unum -C app invoke
    is "$status" 1
    has "$stderr" "--local"
}
