# The verbs about runs against AWS's services as moto imitates them (its functions do not run).
load e2e.bash
load moto.bash

teardown() {
    cd /
    [ -z "${moto:-}" ] || kill "$moto"
    rm -rf "$WORK"
}

world() {
    start_moto
    unum -q init app
    python3 - <<'PY'
import boto3, io, time, zipfile, json
iam = boto3.client("iam")
role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))["Role"]["Arn"]
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as z:
    z.writestr("bootstrap", "x")
for name in ("Hello", "World", "unum-failures"):
    boto3.client("lambda").create_function(FunctionName="app-" + name, Runtime="provided.al2023", Role=role, Handler="bootstrap",
                                           Code={"ZipFile": code.getvalue()})
db = boto3.client("dynamodb")
table = "app-unum-intermediate-datastore"
db.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}])
def put(key, **more):
    item = {"Name": {"S": key}, "V": {"N": "1"}, "Nonce": {"S": "n"}, "Expires": {"N": "9999999999"}}
    item.update(more)
    db.put_item(TableName=table, Item=item)
for i in range(60):
    s = "run%02d" % i
    put("app/" + s + "/run", InputHash={"S": "h"}, Status={"S": "SUCCEEDED"}, Started={"N": str(1767225600000 + i)},
        Ended={"N": str(1767225601000 + i)}, Output={"S": '"Hello world!"'})
    put("app/" + s + "/Hello-output", Status={"S": "ok"}, User={"S": '"Hello"'}, To={"S": "World"}, Now={"N": str(1767225600500 + i)})
    put("app/" + s + "/World-output", Status={"S": "ok"}, User={"S": '"Hello world!"'}, Now={"N": str(1767225600700 + i)})
put("app/stuck/run", InputHash={"S": "h"}, Status={"S": "RUNNING"}, Started={"N": "1767225600000"})
put("app/stuck/Hello-output", Status={"S": "ok"}, User={"S": '"Hello"'}, To={"S": "World"}, Now={"N": "1767225600500"})
logs = boto3.client("logs")
now = int(time.time() * 1000)
for name in ("Hello", "World"):
    group = "/aws/lambda/app-" + name
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
def line(message, instance, request, **more):
    return json.dumps({"session": "run01", "instance": instance, "requestId": request, "message": message, **more})
# The clock of World's machine is behind.
logs.put_log_events(logGroupName="/aws/lambda/app-Hello", logStreamName="s", logEvents=[
    {"timestamp": now - 1000, "message": line("recorded", "Hello", "r1")},
    {"timestamp": now - 999, "message": line("starting", "Hello", "r1", children=["World"])}])
logs.put_log_events(logGroupName="/aws/lambda/app-World", logStreamName="s", logEvents=[
    {"timestamp": now - 3000, "message": "START RequestId: r2 Version: $LATEST"},
    {"timestamp": now - 2999, "message": "plain"},
    {"timestamp": now - 2998, "message": line("recorded", "World", "r2")}])
PY
}

@test "runs, status, doctor and logs against moto" {
    world
    split unum -C app logs
    is "$status" 0
    is "$(awk '{print $2, $3}' .stdout | paste -sd,)" "Hello recorded,Hello starting,World plain,World recorded"
    split unum -C app runs list
    is "$status" 0
    is "$(wc -l <.stdout)" 20
    has "$stdout" run59
    split unum -C app runs list --status running --output json
    is "$(json "$stdout" '[r["session"] for r in v["result"]]')" '["stuck"]'
    split unum -C app status run07
    is "$status" 0
    has "$stdout" '"Hello world!"'
    split unum -C app status stuck --wait --timeout 300ms
    is "$status" 6
    has "$stderr" "waiting for World"
    split unum -C app runs show run07 --output json
    is "$(json "$stdout" '[r["instance"] for r in v["result"]["records"]]')" '["Hello","World"]'
    split unum -C app doctor stuck
    is "$status" 1
    has "$stdout" "after Hello: no outcome of World"
    split unum -C app doctor --output json
    is "$(json "$stdout" 'sorted({f["level"] for f in v["result"]["findings"] if f["check"] in ("table", "functions", "credentials", "invoke")})')" '["ok"]'
    has "$stdout" "run stuck stands still"
    split unum -C app runs purge --older-than 1h --yes --output json
    is "$(json "$stdout" 'v["result"]')" '{"runs":60,"items":180}'
    split unum -C app runs list --limit 0
    is "$(awk '{print $NF}' .stdout)" stuck
}
