load e2e.bash

start() { # [OPTION...]
    unum -q init app
    split unum -q -C app local start --background "$@"
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
}

@test "background: variables on standard output, a file that says where" {
    start
    has "$stdout" "export AWS_ENDPOINT_URL=http://127.0.0.1:"
    has "$stdout" "export AWS_ACCESS_KEY_ID=unum-local"
    is "$(json "$(cat app/.unum/local.json)" 'v["endpoint"]')" \
        "$(sed -n 's/^export AWS_ENDPOINT_URL=//p' .stdout)"
    split unum -C app local stop
    is "$status" 0
}

@test "stop ends it and everything it started" {
    start
    unum -C app invoke --local --wait
    pid=$(json "$(cat app/.unum/local.json)" 'v["pid"]')
    pgrep -P "$pid" >children
    [ -s children ]
    unum -C app local stop
    dead "$pid"
    for child in $(cat children); do
        dead "$child"
    done
    split unum -C app local stop
    is "$status" 0
    has "$stderr" "nothing is running"
}

@test "a second one for the same folder is refused, with the holder" {
    start
    pid=$(json "$(cat app/.unum/local.json)" 'v["pid"]')
    split unum -C app local start
    is "$status" 5
    has "$stderr" "$pid"
    split unum -C app local start --background
    is "$status" 5
    has "$stderr" "unum local stop"
}

@test "a port that is in use is named" {
    start
    port=$(json "$(cat app/.unum/local.json)" 'v["port"]')
    unum -q init other
    split unum -C other local start --port "$port"
    is "$status" 5
    has "$stderr" "$port"
}

@test "the port of last time is used again" {
    start
    port=$(json "$(cat app/.unum/local.json)" 'v["port"]')
    unum -C app local stop
    unum -q -C app local start --background >/dev/null
    is "$(json "$(cat app/.unum/local.json)" 'v["port"]')" "$port"
}

@test "foreground: SIGTERM ends it well, SIGINT with 130" {
    unum -q init app
    unum -q -C app build
    for signal in TERM:0 INT:130; do
        unum -C app local start >out 2>err &
        pid=$!
        for _ in $(seq 300); do grep -q AWS_ENDPOINT_URL out && break; sleep 0.1; done
        kill -"${signal%:*}" $pid
        status=0
        wait $pid || status=$?
        is "$status" "${signal#*:}"
    done
}

@test "a platform that died does not count" {
    start
    pid=$(json "$(cat app/.unum/local.json)" 'v["pid"]')
    kill -KILL "$pid"
    for _ in $(seq 50); do dead "$pid" 2>/dev/null && break; sleep 0.1; done
    split unum -C app invoke --local
    is "$status" 1
    has "$stderr" "unum local start"
    unum -q -C app local start --background >/dev/null
    is "$(unum -C app invoke --local --wait)" '"Hello world!"'
}

@test "the AWS CLI works against it" {
    need aws
    start
    eval "$stdout"
    is "$(aws --endpoint-url "$AWS_ENDPOINT_URL" dynamodb list-tables --query 'TableNames[0]' --output text)" app-unum-intermediate-datastore
    printf '"x"' >input.json
    # Clients of before 2023 do not know the variable.
    aws --endpoint-url "$AWS_ENDPOINT_URL" lambda invoke --function-name app-Hello --payload fileb://input.json answer.json >meta.json
    has "$(cat answer.json)" "Hello"
}

@test "a run beside it goes to memory" {
    start
    split unum -C app run
    is "$status" 0
    is "$stdout" '"Hello world!"'
    has "$stderr" "in memory"
}

@test "as JSON" {
    unum -q init app
    split unum -C app local start --background --output json
    has "$(json "$stdout" 'v["result"]["environment"]["AWS_ENDPOINT_URL"]')" "http://127.0.0.1:"
    split unum -C app local start --output json
    is "$status" 2
}

@test "a background that cannot start says why" {
    unum -q init app
    unum -q -C app build
    split unum -C app local start --background --latency nonsense
    is "$status" 2
    has "$stderr" "--latency"
}
