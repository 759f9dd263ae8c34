load e2e.bash

app() { # [STARTER]
    unum -q init --template "${1:-hello-world}" app
}

@test "only the result is on standard output" {
    app
    unum -q -C app build
    split unum -C app run -d '""'
    is "$status" 0
    is "$stdout" '"Hello world!"'
    is "$stderr" ""
}

@test "input from an argument, a file, @file and standard input" {
    app map
    is "$(unum -C app run -d '[2]')" '{"squares":[4],"sum":4}'
    echo '[3]' >app/three.json
    is "$(unum -C app run -f three.json)" '{"squares":[9],"sum":9}'
    is "$(unum -C app run -d @three.json)" '{"squares":[9],"sum":9}'
    is "$(echo '[1,1]' | unum -C app run -d -)" '{"squares":[1,1],"sum":2}'
    is "$(unum -C app run -d '[]')" '{"squares":[],"sum":0}'
}

@test "input that is no JSON is refused before anything runs" {
    app
    split unum -C app run -d 'Hello'
    is "$status" 1
    has "$stderr" "its quotes"
    split unum -C app run -f none.json
    is "$status" 1
    has "$stderr" "none.json"
    split unum -C app run -d 1 -f x
    is "$status" 2
}

@test "a failed run: exit status 3, error and cause, nothing on standard output" {
    app parallel
    split unum -C app run -d '{"item":"desk"}'
    is "$status" 3
    is "$stdout" ""
    has "$stderr" "Tax.NoPrice"
    has "$stderr" "unum logs --local"
    split unum -C app run -d '{"item":"desk"}' --output json
    is "$status" 3
    is "$(json "$stdout" 'v["error"]["code"]')" FAILED
    is "$(json "$stdout" 'v["result"]["status"]')" FAILED
    is "$(json "$stdout" 'v["result"]["error"]')" Tax.NoPrice
}

@test "the result as JSON" {
    app
    split unum -C app run -d '""' --output json --session mine
    is "$status" 0
    is "$(json "$stdout" 'v["result"]["output"]')" "Hello world!"
    is "$(json "$stdout" 'v["result"]["session"]')" mine
    is "$(json "$stdout" 'v["result"]["status"]')" SUCCEEDED
    is "$(json "$stdout" 'v["result"]["invocations"]')" 2
}

@test "-v tells the steps on standard error" {
    app
    split unum -v -C app run -d '""'
    is "$stdout" '"Hello world!"'
    has "$stderr" "Hello"
    has "$stderr" "World"
    has "$stderr" "SUCCEEDED"
}

@test "sources that changed are built before" {
    app
    is "$(unum -C app run)" '"Hello world!"'
    sed -i 's/world/moon/' app/World/main.c
    is "$(unum -C app run)" '"Hello moon!"'
    sed -i 's/"Next": "World"/"End": true/; /"World": {/d; s/"End": true},/"End": true}/' app/unum-step-functions.json
    is "$(unum -C app run)" '"Hello"'
}

@test "the same session and input join the run there is, another input is refused" {
    app
    is "$(unum -C app run --session s1 -d 1)" '"Hello world!"'
    is "$(unum -C app run --session s1 -d 1)" '"Hello world!"'
}

@test "a run that takes too long: exit status 6" {
    app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(20);\n    return greeting/' app/World/main.c
    split unum -C app run --timeout 1s
    is "$status" 6
    has "$stderr" "still running"
}

@test "what an earlier run left unfinished goes on, but is not told as this one's" {
    app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(20);\n    return greeting/' app/World/main.c
    split unum -C app run --timeout 1s --session left
    is "$status" 6
    has "$stderr" "goes on with the next"
    sed -i 's/sleep(20)/sleep(0)/' app/World/main.c
    split unum -C app run --output json
    is "$(json "$stdout" 'v["result"]["invocations"]')" 2
    split unum -C app status --local left
    is "$status" 0
}

@test "a function that does not answer is told by name" {
    app
    sed -i 's/return greeting/__builtin_trap();\n    return greeting/' app/World/main.c
    split unum -C app run
    is "$status" 3
    has "$stderr" "Runtime.ExitError"
}

@test "Ctrl-C ends it with 130 and leaves no process" {
    app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(60);\n    return greeting/' app/World/main.c
    unum -q -C app build
    unum -v -C app run >out 2>err &
    pid=$!
    for _ in $(seq 300); do
        pgrep -P $pid -f bootstrap >children || true
        [ "$(grep -c . children)" -ge 2 ] && break
        sleep 0.1
    done
    [ -s children ]
    kill -INT $pid
    status=0
    wait $pid || status=$?
    is "$status" 130
    for child in $(cat children); do
        dead "$child"
    done
}

@test "a kill that cannot be handled leaves no process either" {
    app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(60);\n    return greeting/' app/World/main.c
    unum -q -C app build
    unum -C app run >out 2>err &
    pid=$!
    for _ in $(seq 300); do
        pgrep -P $pid -f bootstrap >children || true
        [ -s children ] && break
        sleep 0.1
    done
    kill -KILL $pid
    wait $pid || true
    for child in $(cat children); do
        for _ in $(seq 50); do dead "$child" 2>/dev/null && break; sleep 0.1; done
        dead "$child"
    done
}

@test "--memory leaves no state" {
    app
    is "$(unum -C app run --memory)" '"Hello world!"'
    [ ! -e app/.unum/local.db ]
}

@test "waits are skipped" {
    app
    cat >app/unum-step-functions.json <<'END'
{"StartAt":"Hello","States":{"Hello":{"Type":"Task","Resource":"Hello","Next":"Sleep"},
"Sleep":{"Type":"Wait","Seconds":3000,"Next":"World"},
"World":{"Type":"Task","Resource":"World","End":true}}}
END
    split unum -C app compile
    [ "$status" = 0 ] || skip "Wait is not compiled yet"
    split unum -C app run --timeout 60s --output json
    is "$(json "$stdout" 'v["result"]["output"]')" "Hello world!"
    is "$(json "$stdout" 'v["result"]["skippedMs"] >= 2999000')" true
}

@test "latencies are checked" {
    app
    for bad in store=1 x=1ms store store=; do
        split unum -C app run --latency $bad
        is "$status" 2
        has "$stderr" "--latency"
    done
    is "$(unum -C app run --latency store=1ms,invoke=2ms,cold=3ms)" '"Hello world!"'
}

@test "--debug shows every request, and no secret" {
    app
    split unum --debug -C app run -d '"in"'
    is "$status" 0
    is "$stdout" '"Hello world!"'
    has "$stderr" "debug: 1 "
    has "$stderr" "dynamodb PutItem"
    has "$stderr" "lambda Invoke app-World"
    hasnt "$stderr" "secret"
    hasnt "$stderr" "AWS4-HMAC"
}
