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

@test "nothing yet" {
    unum -q init app
    split unum -C app logs --local
    is "$status" 1
    has "$stderr" "unum run"
}

@test "with an account: all, one function, one run" {
    talking
    account
    unum -q -C app invoke --wait --session s1 >/dev/null
    unum -q -C app invoke --wait --session s2 >/dev/null
    split unum -C app logs
    is "$status" 0
    is "$(grep -c 'from hello' .stdout)" 2
    is "$(grep -c 'from world' .stdout)" 2
    split unum -C app logs World --output jsonl
    is "$(grep -c 'from world' .stdout)" 2
    hasnt "$stdout" "from hello"
    # A plain line has no session of its own: its invocation has.
    split unum -C app logs s2
    is "$(grep -c 'from hello' .stdout)" 1
    is "$(grep -c 'from world' .stdout)" 1
    split unum -C app logs --session s1 --output json
    is "$(json "$stdout" 'sorted({l["session"] for l in v["result"]})')" '["s1"]'
    split unum -C app logs --until 1h
    is "$stdout" ""
    split unum -C app logs --since 2001-01-01T00:00:00Z --grep 'from world'
    is "$(wc -l <.stdout)" 2
}

@test "with an account: --follow goes on until Ctrl-C" {
    talking
    account
    python3 - <<'PY'
import signal, subprocess, time
out = open("out", "w")
p = subprocess.Popen(["unum", "-C", "app", "logs", "later", "-f"], stdout=out)
subprocess.run(["unum", "-q", "-C", "app", "invoke", "--wait", "--session", "later"], check=True, stdout=subprocess.DEVNULL)
for _ in range(200):
    if "from world" in open("out").read():
        break
    time.sleep(0.1)
p.send_signal(signal.SIGINT)
open("rc", "w").write(str(p.wait()))
PY
    is "$(cat rc)" 130
    is "$(grep -c 'from hello' out)" 1
    is "$(grep -c 'from world' out)" 1
}

@test "control characters are never passed to a terminal" {
    unum -q init app
    sed -i 's/#include <unum/#include <stdio.h>\n#include <unum/; s/return greeting/puts("\\033]0;title\\007 \\302\\23331m \\377");\n    fflush(stdout);\n    return greeting/' app/World/main.c
    unum -q -C app run >/dev/null
    split unum -C app --color always logs --local World
    has "$stdout" '\x1b]0;title\x07 \x9b31m'
    hasnt "$stdout" "$(printf '\033]0')"
    hasnt "$stdout" "$(printf '\302\233')"
    account
    unum -q -C app invoke --wait >/dev/null
    split unum -C app --color always logs World
    has "$stdout" '\x1b]0;title\x07'
    hasnt "$stdout" "$(printf '\033]0')"
}

@test "times that are none, contradictions" {
    talking
    split unum -C app logs --local --since yesterday
    is "$status" 2
    has "$stderr" "10m"
    split unum -C app logs --local -f --until 1h
    is "$status" 2
    split unum -C app logs --local one --session two
    is "$status" 2
}

@test "a function says which instances it starts" {
    unum -q init app
    unum -q -C app run >/dev/null
    split unum -C app logs --local --output json
    is "$(json "$stdout" '[json.loads(l["text"])["children"] for l in v["result"] if "children" in l["text"]]')" '[["World"]]'
    is "$(json "$stdout" '[l["function"] for l in v["result"] if "recorded" in l["text"]]')" '["Hello","World"]'
}
