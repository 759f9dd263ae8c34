load e2e.bash

@test "list: newest first, by status, as many as asked for" {
    unum -q init --template parallel app
    unum -q -C app run --session one -d '{"price":100}' >/dev/null
    unum -q -C app run --session two -d '{}' >/dev/null || true
    unum -q -C app run --session three -d '{"price":100}' >/dev/null
    split unum -C app runs list --local
    is "$status" 0
    is "$(awk '{print $2, $5}' .stdout | paste -sd,)" "SUCCEEDED three,FAILED two,SUCCEEDED one"
    split unum -C app runs list --local --status failed --output json
    is "$(json "$stdout" '[(r["session"], r["error"]) for r in v["result"]]')" '[["two","Tax.NoPrice"]]'
    split unum -C app runs list --local -n 1
    is "$(wc -l <.stdout)" 1
    split unum -C app runs list --local --status running
    is "$stdout" ""
    split unum -C app runs list --local --status lost
    is "$status" 2
}

@test "show: records in order, values cut" {
    unum -q init app
    unum -q -C app run --session s -d '""' >/dev/null
    split unum -C app runs show --local
    is "$status" 0
    is "$(awk '/^\+/ {print $4}' .stdout | paste -sd,)" "Hello,World"
    has "$stdout" SUCCEEDED
    has "$stdout" '"Hello world!"'
    split unum -C app runs show --local s --output json
    is "$(json "$stdout" '[r["value"] for r in v["result"]["records"]]')" '["Hello","Hello world!"]'
    split unum -C app runs show --local none
    is "$status" 1
    has "$stderr" "unum runs list --local"
}

@test "purge: asks, removes what has ended and nothing else" {
    unum -q init app
    account
    for s in one two three; do unum -q -C app invoke --wait --session $s >/dev/null; done
    split unum -C app runs purge --session two
    is "$status" 2
    has "$stderr" "--yes"
    split unum -C app runs purge --session two --yes
    is "$status" 0
    has "$stderr" "removed 1 run, 3 items"
    split unum -C app runs list
    is "$(awk '{print $5}' .stdout | paste -sd,)" "three,one"
    split unum -C app runs purge --older-than 1h --yes
    has "$stderr" "removed 0 runs"
    split unum -C app runs purge --older-than 0s --yes --output json
    is "$(json "$stdout" 'v["result"]["runs"]')" 2
    split unum -C app runs list
    is "$stdout" ""
    split unum -C app runs purge --session two --yes
    is "$status" 1
    split unum -C app runs purge --yes
    is "$status" 2
    split unum -C app runs purge --older-than soon --yes
    is "$status" 2
}

@test "purge: a run that runs is a conflict" {
    unum -q init app
    sed -i 's/#include <unum/#include <unistd.h>\n#include <unum/; s/return greeting/sleep(4);\n    return greeting/' app/World/main.c
    account
    unum -q -C app invoke --session slow >/dev/null
    for _ in $(seq 100); do unum -C app runs list | grep -q slow && break; sleep 0.1; done
    split unum -C app runs purge --session slow --yes
    is "$status" 5
    split unum -C app runs purge --older-than 0s --yes
    has "$stderr" "removed 0 runs"
    split unum -C app runs list --status running
    has "$stdout" slow
}

@test "nothing has been run, nobody is known" {
    unum -q init app
    split unum -C app runs list --local
    is "$status" 1
    has "$stderr" "unum run"
    account
    AWS_SECRET_ACCESS_KEY=Hush-x split unum -C app runs list
    is "$status" 4
}
