load e2e.bash

talking() {
    unum -q init app
    sed -i 's/return unum_answer_string(ctx, "Hello")/unum_log(ctx, UNUM_INFO, "from hello");\n    return unum_answer_string(ctx, "Hello")/' app/Hello/main.c
    sed -i 's/#include <unum/#include <stdio.h>\n#include <unum/; s/return greeting/puts("from world");\n    fflush(stdout);\n    return greeting/' app/World/main.c
}

@test "what functions wrote, of all, of one, of one run" {
    talking
    unum -C app run --session s1 >/dev/null
    unum -C app run --session s2 >/dev/null
    split unum -C app logs --local
    is "$status" 0
    is "$(grep -c 'from hello' .stdout)" 2
    is "$(grep -c 'from world' .stdout)" 2
    split unum -C app logs --local World
    is "$(grep -c 'from world' .stdout)" 2
    hasnt "$stdout" "from hello"
    split unum -C app logs --local s1
    is "$(grep -c 'from hello' .stdout)" 1
    is "$(grep -c 'from world' .stdout)" 1
}

@test "of what unum_log wrote the message is shown" {
    talking
    sed -i 's/UNUM_INFO, "from hello"/UNUM_WARN, "from \\"hello\\""/' app/Hello/main.c
    unum -C app run >/dev/null
    split unum -C app logs --local Hello --grep hello
    [[ $stdout =~ ^[0-9:.]{12}\ Hello\ \ WARN\ from\ \"hello\"$ ]]
    split unum -C app logs --local World --grep from
    [[ $stdout =~ ^[0-9:.]{12}\ World\ \ from\ world$ ]]
}

@test "--grep and --since" {
    talking
    unum -C app run >/dev/null
    split unum -C app logs --local --grep 'from w'
    is "$(wc -l <.stdout)" 1
    split unum -C app logs --local --since 1h --grep from
    is "$(wc -l <.stdout)" 2
}

@test "bookkeeping is shown with -v" {
    talking
    unum -C app run >/dev/null
    split unum -C app logs --local
    hasnt "$stdout" "REPORT RequestId"
    split unum -C app logs --local -v
    has "$stdout" "REPORT RequestId"
}

@test "as JSON and as a stream" {
    talking
    unum -C app run --session s1 >/dev/null
    split unum -C app logs --local --grep 'from world' --output json
    is "$(json "$stdout" 'v["result"][0]["text"]')" "from world"
    is "$(json "$stdout" 'v["result"][0]["function"]')" World
    is "$(json "$stdout" 'v["result"][0]["session"]')" s1
    split unum -C app logs --local --output jsonl
    while IFS= read -r line; do json "$line" 'v["text"]' >/dev/null; done <.stdout
    split unum -C app logs --local -f --output json
    is "$status" 2
}

@test "--follow goes on until interrupted" {
    talking
    unum -C app run >/dev/null
    unum -C app logs --local -f --output jsonl >out 2>err &
    pid=$!
    unum -C app run --session later >/dev/null
    for _ in $(seq 100); do grep -q later out && break; sleep 0.1; done
    kill "$pid"
    wait "$pid" || true
    has "$(cat out)" later
}

@test "nothing yet, and not on AWS yet" {
    unum -q init app
    split unum -C app logs --local
    is "$status" 1
    has "$stderr" "unum run"
    split unum -C app logs
    is "$status" 1
    has "$stderr" "--local"
}
