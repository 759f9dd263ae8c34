# Whatever is wrong with files, functions or the machine: a clear error, its exit status, nothing
# half written, no process left.
load e2e.bash

# An application of one function that misbehaves as its input says, built once.
setup_file() {
    PATH=$(dirname "$UNUM"):$PATH
    mkdir -p "$BATS_FILE_TMPDIR/app/F"
    cd "$BATS_FILE_TMPDIR/app"
    cat >unum-template.yaml <<'YAML'
Globals:
  ApplicationName: bad
  FaaSPlatform: aws
  UnumIntermediaryDataStoreType: dynamodb
Functions:
  F: {Properties: {CodeUri: F/, Runtime: provided.al2023, Timeout: 2, Start: true}}
YAML
    echo '{"Name":"F","Start":true}' >F/unum_config.json
    cat >F/main.c <<'C'
#include <unum/runtime.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void noise(FILE *to, int byte, int count)
{
    while (count--)
        putc(byte, to);
    fflush(to);
}

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *what = unum_string(ctx, input);
    if (!what)
        what = "";
    if (strcmp(what, "no JSON") == 0)
        return unum_answer(ctx, "{\"half\":");
    if (strcmp(what, "no answer") == 0)
        return 0;
    if (strcmp(what, "fail") == 0)
        return unum_fail(ctx, "Shop.Closed", "come back \"tomorrow\"");
    if (strcmp(what, "segv") == 0)
        raise(SIGSEGV);
    if (strcmp(what, "abort") == 0)
        abort();
    if (strcmp(what, "exit 0") == 0)
        _exit(0);
    if (strcmp(what, "exit 3") == 0)
        _exit(3);
    if (strcmp(what, "hang") == 0)
        for (;;)
            pause();
    if (strcmp(what, "spin") == 0)
        for (volatile int i = 0;; i++)
            ;
    if (strcmp(what, "child") == 0 && fork() == 0)
        for (;;)
            pause();
    if (strcmp(what, "binary") == 0) {
        noise(stdout, 0xff, 100000);
        noise(stderr, 0, 100000);
        noise(stdout, 0x1b, 10);
    }
    if (strcmp(what, "long line") == 0) {
        noise(stdout, 'o', 1 << 20);
        noise(stderr, 'e', 1 << 20);
    }
    return unum_answer_string(ctx, "fine");
}
C
    unum -q build
}

app() {
    cp -a "$BATS_FILE_TMPDIR/app" app
}

# No process runs a program from this test's folder.
none_left() {
    local link left=
    for _ in $(seq 50); do
        left=
        for link in /proc/[0-9]*/exe; do
            case $(readlink "$link" 2>/dev/null) in "$WORK"/*) left="$left $link" ;; esac
        done
        [ -z "$left" ] && return
        sleep 0.1
    done
    echo "left:$left" >&2
    return 1
}

# A shell without job control starts what is in the background deaf to Ctrl-C.
interruptible() {
    exec env --default-signal=INT "$@"
}

# fails INPUT TYPE CAUSE
fails() {
    split unum -q -C app run --memory -d "\"$1\""
    is "$status" 3
    is "$stdout" ""
    has "$stderr" "$2"
    has "$stderr" "$3"
    split unum -q -C app run --memory --output json -d "\"$1\""
    is "$status" 3
    is "$(json "$stdout" 'v["result"]["status"]')" FAILED
    is "$(json "$stdout" 'v["result"]["error"]')" "$2"
    has "$(json "$stdout" 'v["result"]["cause"]')" "$3"
    none_left
}

# A template or definition that is refused: STATUS TEXT.
refused() {
    local verb
    for verb in validate build run; do
        split unum -q -C app $verb
        is "$status" "$1"
        is "$stdout" ""
        has "$stderr" "$2"
    done
    [ ! -e app/.unum/build/Hello/bootstrap ]
}

@test "a function that fails" { app; fails fail Shop.Closed 'come back "tomorrow"'; }
@test "a function whose answer is no JSON" { app; fails "no JSON" Unum.InvalidJSON ""; }
@test "a function that returns without an answer" { app; fails "no answer" Unum.NoAnswer ""; }
@test "a function that ends by SIGSEGV" { app; fails segv Runtime.ExitError ""; }
@test "a function that aborts" { app; fails abort Runtime.ExitError ""; }
@test "a function that exits with 0" { app; fails "exit 0" Runtime.ExitError ""; }
@test "a function that exits with 3" { app; fails "exit 3" Runtime.ExitError "3"; }
@test "a function that hangs beyond its Timeout" { app; fails hang Sandbox.Timedout "2"; }
@test "a function that spins beyond its Timeout" { app; fails spin Sandbox.Timedout "2"; }

@test "a function that leaves a child" {
    app
    is "$(unum -q -C app run --memory -d '"child"')" '"fine"'
    none_left
}

@test "a function that prints binary garbage" {
    app
    split unum -C app run -d '"binary"'
    is "$status" 0
    is "$stdout" '"fine"'
    # What must be JSON is JSON all the same.
    split unum -C app logs --local --output json
    is "$status" 0
    python3 -c 'import json
[line] = open(".stdout", encoding="utf-8")
assert any(len(row["text"]) >= 100000 for row in json.loads(line)["result"])'
    none_left
}

@test "a function that prints 1 MB without a line end" {
    app
    split unum -C app run -d '"long line"'
    is "$status" 0
    is "$stdout" '"fine"'
    none_left
}

@test "a template that is no YAML" {
    unum -q init app
    printf 'Globals: [\n  x: {' >app/unum-template.yaml
    refused 7 unum-template.yaml
    printf '\xff\xfe\x00' >app/unum-template.yaml
    refused 7 unum-template.yaml
    : >app/unum-template.yaml
    refused 7 unum-template.yaml
}

@test "a template of 2 MB, one of many anchors" {
    unum -q init app
    head -c 2100000 /dev/zero | tr '\0' '#' >>app/unum-template.yaml
    refused 1 unum-template.yaml
    python3 - >app/unum-template.yaml <<'PY'
print("a0: &a0 [x,x,x,x,x,x,x,x,x,x]")
for i in range(1, 12):
    print(f"a{i}: &a{i} [" + ",".join([f"*a{i-1}"] * 10) + "]")
PY
    refused 7 unum-template.yaml
}

@test "a definition that is no JSON, too large, too deep" {
    unum -q init app
    for text in '{"StartAt":' 'nonsense}' '[]' '{"StartAt":"A","States":{}}' ''; do
        printf '%s' "$text" >app/unum-step-functions.json
        refused 7 unum-step-functions.json
    done
    python3 -c 'print("[" * 100000)' >app/unum-step-functions.json
    refused 7 unum-step-functions.json
    python3 -c 'print("{\"Comment\":\"" + "x" * 1100000 + "\"}")' >app/unum-step-functions.json
    refused 1 unum-step-functions.json
}

@test "unknown keys and states that are not there" {
    unum -q init app
    sed -i 's/^Globals:/Globals:\n  Checkpiont: true/' app/unum-template.yaml
    refused 7 Checkpoint
    sed -i '/Checkpiont/d' app/unum-template.yaml
    sed -i 's/"Next": "World"/"Next": "Wrold"/' app/unum-step-functions.json
    refused 7 Wrold
}

@test "a function's folder that is missing" {
    unum -q init app
    rm -r app/World
    split unum -q -C app build
    [ "$status" != 0 ]
    has "$stderr" World
    split unum -q -C app run
    [ "$status" != 0 ]
    is "$stdout" ""
    has "$stderr" World
    [ ! -e app/.unum/build/World/bootstrap ]
}

@test "a function that does not compile leaves the last bundle alone and no half one" {
    unum -q init app
    unum -q -C app build
    cp app/.unum/build/World/bootstrap before
    echo 'int x = ;' >>app/World/main.c
    split unum -q -C app build
    is "$status" 3
    has "$stderr" main.c
    split unum -q -C app run
    is "$status" 3
    is "$stdout" ""
    is "$(find app/.unum -name '*.tmp*' -o -name '*.new*')" ""
    if [ -e app/.unum/build/World/bootstrap ]; then
        cmp before app/.unum/build/World/bootstrap
    fi
}

@test "a state file that is damaged" {
    app
    unum -q -C app run -d '"x"' >out
    find app/.unum -name 'local.db*' -delete
    head -c 20000 /dev/urandom >app/.unum/local.db
    cp app/.unum/local.db before
    for verb in "run -d 1" "local start --background" "status --local s"; do
        split unum -q -C app $verb
        [ "$status" != 0 ]
        is "$stdout" ""
        has "$stderr" local.db
        cmp before app/.unum/local.db
    done
    is "$(unum -q -C app run --memory -d 1)" '"fine"'
}

@test "a state file that is cut" {
    app
    unum -q -C app run -d '"x"' >out
    truncate -s 5000 app/.unum/local.db
    rm -f app/.unum/local.db-wal app/.unum/local.db-shm
    split unum -q -C app run -d '"x"'
    [ "$status" != 0 ]
    has "$stderr" local.db
    none_left
}

@test "a full disk" {
    app
    cp -a app/.unum unum-before
    rm -r app/.unum
    mkdir app/.unum
    mount -t tmpfs -o size=1m tmpfs app/.unum 2>/dev/null || skip "no permission to mount"
    split unum -q -C app run -d '"x"'
    umount app/.unum
    [ "$status" != 0 ]
    is "$stdout" ""
    has "$stderr" "space"
    none_left
}

@test "a folder that cannot be written" {
    [ "$(id -u)" != 0 ] || skip "root may write everywhere"
    app
    rm -r app/.unum
    chmod a-w app
    split unum -q -C app run -d '"x"'
    chmod u+w app
    [ "$status" != 0 ]
    has "$stderr" .unum
}

@test "a port that another program uses" {
    need python3
    app
    python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(60)' >port &
    holder=$!
    for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
    split unum -q -C app local start --background --port "$(cat port)"
    kill $holder
    is "$status" 5
    has "$stderr" "$(cat port)"
    none_left
}

@test "Ctrl-C at several moments of a build" {
    unum -q init app
    for delay in 0.01 0.05 0.1 0.2 0.4; do
        rm -rf app/.unum
        interruptible unum -q -C app build >out 2>err &
        pid=$!
        sleep $delay
        kill -INT $pid 2>/dev/null || true
        status=0
        wait $pid || status=$?
        case $status in 0 | 130) ;; *) cat err; is "$status" 130 ;; esac
        none_left
    done
    is "$(unum -q -C app run)" '"Hello world!"'
}

@test "Ctrl-C at several moments of a run and of a start" {
    app
    for verb in "run --timeout 60s -d \"hang\"" "local start"; do
        for delay in 0.01 0.1 0.3 1; do
            interruptible unum -q -C app $verb >out 2>err &
            pid=$!
            sleep $delay
            kill -INT $pid
            status=0
            wait $pid || status=$?
            is "$status" 130
            none_left
        done
    done
    is "$(unum -q -C app run --memory -d 1)" '"fine"'
}

@test "input above the limit" {
    app
    python3 -c 'print("\"" + "x" * 7000000 + "\"")' >large.json
    split unum -q -C app run -f ../large.json
    [ "$status" != 0 ]
    [ "$status" != 139 ]
    is "$stdout" ""
    [ -n "$stderr" ]
    none_left
}
