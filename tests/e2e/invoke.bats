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

# What stands in a fan-out, behind one, and at the entry.
directly() { # [--local]
    is "$(unum -C app invoke "$@" --function Tax -d '{"item":"lamp","price":1000}')" 200
    split unum -C app invoke "$@" --function Tax -d '{"item":"desk"}'
    is "$status" 3
    has "$stderr" "Tax.NoPrice"
    split unum -C app invoke "$@" --function Tax --async -d '{"item":"desk"}'
    is "$status" 0
    split unum -C app invoke "$@" --function unum-failures -d 1
    is "$status" 2
    has "$stderr" "no code of yours"
    # Nothing of it is a run, nor becomes one by way of the failure function.
    sleep 1
    is "$(json "$(unum -C app runs list "$@" --output json)" 'len(v["result"])')" 0
}

@test "the code of any function, wherever it stands; no run comes of it" {
    start parallel
    directly --local
    account
    directly
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

# The same verbs as an AWS client of the platform that runs here.
account() {
    AWS_ENDPOINT_URL=$(python3 -c 'import json; print(json.load(open("app/.unum/local.json"))["endpoint"])')
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=unum-local AWS_SECRET_ACCESS_KEY=unum-local-secret
    export AWS_REGION=eu-west-1 AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent
    export AWS_EC2_METADATA_DISABLED=true
}

@test "with an account: session, result, steps" {
    start parallel
    account
    split unum -C app invoke -d '{"item":"lamp","price":1000}'
    is "$status" 0
    split unum -C app status "$stdout" --wait
    is "$status" 0
    has "$stdout" SUCCEEDED
    split unum -C app invoke --wait --session mine -d '{"item":"lamp","price":1000}'
    is "$status" 0
    has "$stderr" "done"
    # Each step once, and a step after the one that led to it.
    is "$(awk '{print $4}' .stderr | sort | uniq -d)" ""
    split unum -C app -q invoke --wait --session other -d '{"item":"lamp","price":1000}'
    is "$stderr" ""
    split unum -C app invoke --wait -d '{"item":"desk"}'
    is "$status" 3
    has "$stderr" "Tax.NoPrice"
}

@test "with an account: one function" {
    start
    account
    has "$(unum -C app invoke --function Hello -d '{}')" '"Hello"'
    split unum -C app invoke --function Worl
    is "$status" 1
    has "$stderr" 'did you mean "World"?'
    split unum -C app invoke --function Hello --async
    is "$status" 0
    split unum -C app invoke --function Hello --wait
    is "$status" 2
}

@test "a function error is an error: exit status 3, type, message, log" {
    unum -q init app
    sed -i 's/return unum_answer_string(ctx, "Hello")/unum_log(ctx, UNUM_INFO, "last words");\n    abort()/; s/#include <unum/#include <stdlib.h>\n#include <unum/' app/Hello/main.c
    unum -q -C app local start --background >/dev/null
    account
    split unum -C app invoke --function Hello -d '""'
    is "$status" 3
    is "$stdout" ""
    has "$stderr" "Runtime.ExitError"
    has "$stderr" "last words"
    split unum -C app invoke --function Hello -d '""' --output json
    is "$status" 3
    is "$(json "$stdout" 'v["result"]["functionError"]')" Unhandled
    has "$(json "$stdout" 'v["result"]["logTail"]')" "last words"
}

@test "--timeout and Ctrl-C end the watching, not the run" {
    unum -q init app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(3);\n    return greeting/' app/World/main.c
    unum -q -C app local start --background >/dev/null
    account
    split unum -C app invoke --wait --timeout 500ms --session slow
    is "$status" 6
    has "$stderr" "unum status slow --wait"
    has "$stderr" "waiting for World"
    python3 - <<'PY'
import os, signal, subprocess, time
p = subprocess.Popen(["unum", "-C", "app", "status", "slow", "--wait"], stderr=open("err", "w"))
time.sleep(0.7)
p.send_signal(signal.SIGINT)
open("rc", "w").write(str(p.wait()))
PY
    is "$(cat rc)" 130
    has "$(cat err)" "no longer watching"
    is "$(unum -C app invoke --wait --session slow)" '"Hello world!"'
}

@test "inputs above the service's limits are not sent" {
    start
    account
    python3 -c 'print("\"" + "x" * (1 << 20) + "\"")' >app/large.json
    split unum -C app invoke -f large.json
    is "$status" 1
    has "$stderr" "1 MB"
    python3 -c 'print("\"" + "x" * (6 << 20) + "\"")' >app/huge.json
    split unum -C app invoke --function Hello -f huge.json
    is "$status" 1
}

@test "who nobody knows, what is not deployed, no region" {
    start
    account
    AWS_SECRET_ACCESS_KEY=wrong-Hush-of-mine split unum -C app invoke --debug
    is "$status" 4
    has "$stderr" "unum whoami"
    hasnt "$stdout$stderr" wrong-Hush-of-mine
    unum -q init other
    sed -i 's/ApplicationName: .*/ApplicationName: other/' other/unum-template.yaml
    split unum -C other invoke
    is "$status" 1
    has "$stderr" "unum deploy"
    AWS_REGION='' split unum -C app invoke
    is "$status" 1
    has "$stderr" region
    AWS_ACCESS_KEY_ID='' split unum -C app invoke
    is "$status" 4
    AWS_ENDPOINT_URL=http://127.0.0.1:1 split unum -C app invoke
    is "$status" 1
}
