load e2e.bash

level() { # CHECK: the levels of its findings
    json "$stdout" "sorted({f['level'] for f in v['result']['findings'] if f['check'] == '$1'})"
}

@test "this machine: nothing is wrong, nothing runs" {
    unum -q init app
    split unum -C app doctor --local
    is "$status" 0
    has "$stdout" toolchain
    unum -q -C app run >/dev/null
    split unum -C app doctor --local --output json
    is "$status" 0
    is "$(level toolchain)" '["ok"]'
    is "$(level runs)" '["ok"]'
    is "$(json "$stdout" 'v["result"]["errors"]')" 0
}

@test "with an account: functions, table, invoke, logs" {
    unum -q init app
    account
    split unum -C app doctor --output json
    for check in region functions invoke table logs clock runs; do is "$(level $check)" '["ok"]'; done
}

@test "with an account: what is not deployed" {
    unum -q init app
    account
    unum -q init other
    sed -i 's/ApplicationName: .*/ApplicationName: other/' other/unum-template.yaml
    split unum -C other doctor --output json
    is "$status" 1
    is "$(level functions)" '["error"]'
    is "$(level table)" '["error"]'
    has "$stdout" "unum deploy -b"
}

@test "with an account: nobody, nowhere" {
    unum -q init app
    account
    AWS_SECRET_ACCESS_KEY=wrong-Hush-of-mine split unum -C app doctor
    is "$status" 1
    has "$stdout" credentials
    hasnt "$stdout$stderr" wrong-Hush-of-mine
    AWS_REGION='' split unum -C app doctor
    is "$status" 1
    has "$stdout" region
}

@test "an application that does not compile" {
    unum -q init app
    echo '{' >app/unum-step-functions.json
    split unum -C app doctor --local --output json
    is "$status" 1
    is "$(level application)" '["error"]'
}

# Takes the outcome of World away, and the end of the run with it.
lose() { # SESSION
    python3 - "$1" <<'PY'
import json, sys, urllib.request
import boto3
client = boto3.client("dynamodb", region_name="eu-west-1")
table = client.list_tables()["TableNames"][0]
app = table.removesuffix("-unum-intermediary-datastore").removesuffix("-unum-intermediate-datastore")
prefix = app + "/" + sys.argv[1] + "/"
client.delete_item(TableName=table, Key={"Name": {"S": prefix + "World-output"}})
client.update_item(TableName=table, Key={"Name": {"S": prefix + "run"}}, UpdateExpression="SET #s = :r REMOVE Ended, #o",
                   ExpressionAttributeNames={"#s": "Status", "#o": "Output"}, ExpressionAttributeValues={":r": {"S": "RUNNING"}})
PY
}

# Takes items of a run away, and its end with them.
forget() { # SESSION KEY...
    python3 - "$@" <<'PY'
import sys
import boto3
client = boto3.client("dynamodb", region_name="eu-west-1")
table = client.list_tables()["TableNames"][0]
prefix = table.removesuffix("-unum-intermediate-datastore") + "/" + sys.argv[1] + "/"
for key in sys.argv[2:]:
    old = client.delete_item(TableName=table, Key={"Name": {"S": prefix + key}}, ReturnValues="ALL_OLD")
    assert "Attributes" in old, key
client.update_item(TableName=table, Key={"Name": {"S": prefix + "run"}}, UpdateExpression="SET #s = :r REMOVE Ended, #o",
                   ExpressionAttributeNames={"#s": "Status", "#o": "Output"}, ExpressionAttributeValues={":r": {"S": "RUNNING"}})
PY
}

@test "a run that stands still is found, explained and helped on" {
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
    unum -q init app
    account
    unum -q -C app invoke --wait --session s >/dev/null
    split unum -C app doctor s
    is "$status" 0
    has "$stdout" "nothing is missing"
    lose s
    split unum -C app status s
    is "$status" 6
    # It may still be working.
    split unum -C app doctor s
    is "$status" 0
    has "$stdout" "after Hello: no outcome of World"
    split unum -C app doctor s --still 0s
    is "$status" 1
    has "$stdout" "unum doctor s --resend"
    split unum -C app doctor --still 0s
    is "$status" 1
    has "$stdout" "run s stands still"
    has "$stdout" "after Hello: no outcome of World"
    split unum -C app doctor s --resend
    is "$status" 0
    has "$stdout" "Hello repeats what it has decided"
    split unum -C app status s --wait --timeout 20s
    is "$status" 0
    has "$stdout" '"Hello world!"'
}

# A Map whose third element fails in the first attempt.
retried() {
    unum -q init --template map app
    python3 - <<'PY'
import json
path = "app/unum-step-functions.json"
machine = json.load(open(path))
machine["States"]["Each"]["MaxConcurrency"] = 0
machine["States"]["Each"]["Retry"] = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2}]
json.dump(machine, open(path, "w"))
PY
    cat >app/Square/main.c <<'C'
#include <string.h>
#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    int64_t n = unum_int(input, 0);
    if (n == 3 && !strchr(unum_instance(ctx), '~'))
        return unum_fail(ctx, "Square.First", "not at the first time");
    unum_put_int(ctx, n * n);
    return unum_answer_written(ctx);
}
C
}

@test "failed attempts, and openings that have not come" {
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
    retried
    account
    is "$(json "$(unum -C app invoke --wait --timeout 60s --session s -d '[1,2,3]')" 'v["sum"]')" 14
    forget s 'Each~o1-output' 'Square-unumIndex-0~1-output' 'Square-unumIndex-1~1-output' \
        'Square-unumIndex-2~1-output' 'Each~a1-fanin/0.0' Each-output Summary-output
    # The platform skipped the delay of the retry: by this machine's clock it is not over yet.
    sleep 1.5
    split unum -C app doctor s --still 0s
    is "$status" 1
    has "$stdout" "1 edges without one"
    has "$stdout" "Each has failed and has not been tried once more"
    hasnt "$stdout" "no outcome of Square"
    split unum -C app doctor s --resend
    is "$status" 0
    has "$stdout" "Square-unumIndex-2 repeats what it has decided"
    split unum -C app status s --wait --timeout 60s
    is "$status" 0
    is "$(json "$(unum -C app status s --output json)" 'v["result"]["output"]["sum"]')" 14
    # Opened, and nothing came of it: the opening has an event of its own.
    forget s 'Square-unumIndex-0~1-output' 'Square-unumIndex-1~1-output' \
        'Square-unumIndex-2~1-output' 'Each~a1-fanin/0.0' Each-output Summary-output
    split unum -C app doctor s --still 0s
    has "$stdout" "after Each~o1: no outcome of Square-unumIndex-0~1"
    split unum -C app doctor s --resend
    has "$stdout" "Each~o1 repeats what it has decided"
    split unum -C app status s --wait --timeout 60s
    is "$status" 0
}

@test "a run that is none, contradictions" {
    unum -q init app
    account
    split unum -C app doctor none
    is "$status" 1
    has "$stderr" 'no run "none"'
    split unum -C app doctor --resend
    is "$status" 2
}
