# A bundle under AWS's own Runtime API: the Runtime Interface Emulator, where it is installed. The
# records go to the local platform.
load e2e.bash

emulate() {
    need aws-lambda-rie
    need curl
    mkdir -p app/F
    cat >app/unum-template.yaml <<'YAML'
Globals:
  ApplicationName: one
  FaaSPlatform: aws
  UnumIntermediaryDataStoreType: dynamodb
Functions:
  F: {Properties: {CodeUri: F/, Runtime: provided.al2023, Timeout: 20}}
YAML
    echo '{"Name":"F","Start":true}' >app/F/unum_config.json
    cat >app/F/main.c <<'C'
#include <unum/runtime.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *what = unum_string(ctx, input);
    if (strcmp(what, "crash") == 0)
        abort();
    if (strcmp(what, "exit") == 0)
        exit(3);
    while (strcmp(what, "hang") == 0)
        sleep(1);
    if (strcmp(what, "fail") == 0)
        return unum_fail(ctx, "Mine", "not this one");
    return unum_answer_string(ctx, "seen %s", what);
}
C
    split unum -q -C app local start --background
    is "$status" 0
    eval "$stdout"
    export UNUM_APP=one FAAS_PLATFORM=aws UNUM_INTERMEDIARY_DATASTORE_TYPE=dynamodb
    export UNUM_INTERMEDIARY_DATASTORE_NAME=one-unum-intermediate-datastore UNUM_RETENTION=604800
    export CHECKPOINT=true GC=false UNUM_DEBUG=false UNUM_MAX_INLINE_WAIT=60
    cd app/.unum/build/F || return 1
    local ports
    ports=$(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
for s in a, b: s.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
    URL=http://127.0.0.1:${ports% *}/2015-03-31/functions/function/invocations
    LAMBDA_TASK_ROOT=$PWD AWS_LAMBDA_FUNCTION_TIMEOUT=2 AWS_LAMBDA_FUNCTION_NAME=one-F \
        AWS_LAMBDA_FUNCTION_VERSION='$LATEST' timeout 120 aws-lambda-rie \
        --runtime-interface-emulator-address "127.0.0.1:${ports% *}" \
        --runtime-api-address "127.0.0.1:${ports#* }" ./bootstrap >"$WORK/rie.log" 2>&1 </dev/null 3>&- &
    RIE=$!
    cd "$WORK" || return 1
}

release() {
    kill "$RIE"
    wait "$RIE" || true
}

call() { # JSON: the answer's body in $answer
    answer=$(curl -s --max-time 20 --retry 20 --retry-connrefused --retry-delay 1 -d "$1" "$URL")
}

teardown() {
    [ -z "$RIE" ] || release
    cd /
    unum -q -C "$WORK/app" local stop || true # one test has stopped it
    rm -rf "$WORK"
}

@test "success, and again with the same process" {
    emulate
    call '"a"'
    is "$(json "$answer" 'v[0]')" "seen a"
    call '"b"'
    is "$(json "$answer" 'v[0]')" "seen b"
    is "$(grep -c 'INIT START' "$WORK/rie.log")" 1
}

@test "an error of the function is the run's result" {
    emulate
    call '"fail"'
    is "$(json "$answer" 'v[0]')" null
    is "$(json "$answer" 'v[2]["Error"]')" Mine
    is "$(json "$answer" 'v[2]["Cause"]')" "not this one"
    call '"a"'
    is "$(json "$answer" 'v[0]')" "seen a"
}

@test "an error of the platform is the invocation's" {
    emulate
    unum -q -C app local stop
    call '"a"'
    has "$(json "$answer" 'v["errorType"]')" "Unum."
    has "$(json "$answer" 'v["errorMessage"]')" "127.0.0.1"
}

@test "a crash is one, and the next event finds a new process" {
    emulate
    for way in crash exit; do
        call "\"$way\""
        has "$answer" "Runtime.ExitError"
        call '"a"'
        is "$(json "$answer" 'v[0]')" "seen a"
    done
}

@test "a function that hangs is ended at its timeout" {
    emulate
    call '"hang"'
    has "$answer" "timed out after 2.00 seconds"
    call '"a"'
    is "$(json "$answer" 'v[0]')" "seen a"
}
