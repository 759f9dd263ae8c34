# AWS's own clients, unchanged, against `unum local start`.
load e2e.bash

start() {
    unum -q init app
    split unum -q -C app local start --background
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    printf '"x"' >input.json
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
    TABLE=app-unum-intermediate-datastore
}

# Clients of before 2023 do not know AWS_ENDPOINT_URL, so all are told.
cloud() {
    aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
}

need_aws() {
    need aws
    aws --version >/dev/null 2>&1 || skip "aws does not run"
}

need_boto3() {
    need python3
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
}

# Python with clients made: `client(service)`.
boto() {
    { cat <<'PY'
import boto3, json, os, sys, time
from botocore.config import Config
from botocore.exceptions import ClientError
def client(service, **more):
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"],
                        config=Config(retries={"max_attempts": 0}, read_timeout=60), **more)
def refused(call):
    try:
        call()
    except ClientError as e:
        return e.response["Error"]["Code"] + " " + str(e.response["ResponseMetadata"]["HTTPStatusCode"])
    return "accepted"
PY
    cat; } >script.py
    python3 script.py
}

@test "AWS CLI: tables and items" {
    need_aws
    start
    is "$(unum -q -C app invoke --local --wait --session one -d '""')" '"Hello world!"'
    is "$(cloud dynamodb list-tables --query 'TableNames' --output text)" $TABLE
    is "$(cloud dynamodb describe-table --table-name $TABLE --query 'Table.KeySchema[0].AttributeName' --output text)" Name
    cloud dynamodb scan --table-name $TABLE >scan.json
    is "$(json "$(cat scan.json)" 'sorted(i["Name"]["S"] for i in v["Items"])')" \
        '["app/one/Hello-output","app/one/World-output","app/one/run"]'
    cloud dynamodb get-item --table-name $TABLE --consistent-read \
        --key '{"Name":{"S":"app/one/run"}}' >run.json
    is "$(json "$(cat run.json)" 'v["Item"]["Status"]["S"]')" SUCCEEDED
    is "$(json "$(cat run.json)" 'v["Item"]["Output"]["S"]')" '"Hello world!"'
}

@test "AWS CLI: functions and logs" {
    need_aws
    start
    is "$(cloud lambda list-functions --query 'sort(Functions[].FunctionName)' --output json | tr -d ' \n')" \
        '["app-Hello","app-World","app-unum-failures"]'
    cloud lambda invoke --function-name app-Hello --payload fileb://input.json answer.json >meta.json
    is "$(json "$(cat meta.json)" 'v["StatusCode"]')" 200
    has "$(cat answer.json)" Hello
    cloud lambda invoke --function-name app-Hello --invocation-type Event \
        --payload fileb://input.json none.json >meta.json
    is "$(json "$(cat meta.json)" 'v["StatusCode"]')" 202
    cloud logs filter-log-events --log-group-name /aws/lambda/app-Hello >logs.json
    has "$(cat logs.json)" "REPORT RequestId"
}

@test "AWS CLI: a wrong secret, an unknown key, no such function" {
    need_aws
    start
    AWS_SECRET_ACCESS_KEY=wrong split cloud dynamodb list-tables
    [ "$status" != 0 ]
    has "$stderr" InvalidSignatureException
    AWS_ACCESS_KEY_ID=nobody split cloud dynamodb list-tables
    [ "$status" != 0 ]
    has "$stderr" UnrecognizedClientException
    split cloud lambda invoke --function-name nothing --payload fileb://input.json out.json
    [ "$status" != 0 ]
    has "$stderr" ResourceNotFoundException
    hasnt "$stderr" unum-local-secret
}

@test "boto3: tables, items, functions, logs" {
    need_boto3
    start
    is "$(unum -q -C app invoke --local --wait --session one -d '""')" '"Hello world!"'
    boto <<'PY' >out
table = "app-unum-intermediate-datastore"
db, fn, logs = client("dynamodb"), client("lambda"), client("logs")
print(db.list_tables()["TableNames"] == [table])
print(sorted(i["Name"]["S"] for i in db.scan(TableName=table)["Items"]))
print(db.get_item(TableName=table, Key={"Name": {"S": "app/one/run"}})["Item"]["Status"]["S"])
print("Item" in db.get_item(TableName=table, Key={"Name": {"S": "none"}}))
print(sorted(f["FunctionName"] for f in fn.list_functions()["Functions"]))
a = fn.invoke(FunctionName="app-Hello", Payload=b'""')
print(a["StatusCode"], "FunctionError" in a, json.load(a["Payload"])[0])
print(fn.invoke(FunctionName="app-Hello", InvocationType="Event", Payload=b'""')["StatusCode"])
print(len(logs.filter_log_events(logGroupName="/aws/lambda/app-Hello")["events"]) > 0)
rows = boto3.resource("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).Table(table)
print(rows.get_item(Key={"Name": "app/one/run"})["Item"]["Output"])
PY
    is "$(cat out)" "True
['app/one/Hello-output', 'app/one/World-output', 'app/one/run']
SUCCEEDED
False
['app-Hello', 'app-World', 'app-unum-failures']
200 False Hello
202
True
\"Hello world!\""
}

@test "boto3: errors have AWS's codes" {
    need_boto3
    start
    boto <<'PY' >out
for more in {"aws_secret_access_key": "wrong", "aws_access_key_id": "unum-local"}, \
        {"aws_access_key_id": "nobody", "aws_secret_access_key": "x"}:
    for service, call in ("dynamodb", lambda c: c.list_tables()), ("lambda", lambda c: c.list_functions()):
        print(service, refused(lambda: call(client(service, **more))))
db, fn = client("dynamodb"), client("lambda")
print(refused(lambda: db.scan(TableName="nothing")))
print(refused(lambda: fn.invoke(FunctionName="nothing", Payload=b"1")))
print(refused(lambda: fn.invoke(FunctionName="app-Hello", Payload=b"{oops")))
PY
    is "$(cat out)" "dynamodb InvalidSignatureException 400
lambda InvalidSignatureException 403
dynamodb UnrecognizedClientException 400
lambda UnrecognizedClientException 403
ResourceNotFoundException 400
ResourceNotFoundException 404
InvalidRequestContentException 400"
}

@test "boto3: payloads up to the limits and one above" {
    need_boto3
    start
    boto <<'PY' >out
fn = client("lambda")
def text(size):
    return b'"' + b"x" * (size - 2) + b'"'
sync, event = 6 * 1024 * 1024, 1024 * 1024
print(fn.invoke(FunctionName="app-Hello", InvocationType="Event", Payload=text(event))["StatusCode"])
print(refused(lambda: fn.invoke(FunctionName="app-Hello", InvocationType="Event", Payload=text(event + 1))))
a = fn.invoke(FunctionName="app-World", Payload=text(sync))
print(a["StatusCode"])
print(refused(lambda: fn.invoke(FunctionName="app-World", Payload=text(sync + 1))))
PY
    is "$(cat out)" "202
RequestTooLargeException 413
200
RequestTooLargeException 413"
}

@test "AWS CLI: roles, functions and log groups are made, changed and removed" {
    need_aws
    need python3
    start
    cloud iam create-role --role-name r --assume-role-policy-document '{"Statement":[]}' >out
    arn=$(cloud iam get-role --role-name r --query Role.Arn --output text)
    is "$arn" arn:aws:iam::000000000000:role/r
    printf '#!/bin/sh\nexit 1\n' >bootstrap
    chmod +x bootstrap
    python3 -c 'import zipfile; zipfile.ZipFile("f.zip", "w").write("bootstrap")'
    cloud lambda create-function --function-name f --runtime provided.al2023 --handler x \
        --role "$arn" --zip-file fileb://f.zip --tags a=b >out
    is "$(cloud lambda get-function --function-name f --query '[Configuration.State,Tags.a,Configuration.CodeSha256]' --output text)" \
        "Active	b	$(openssl dgst -sha256 -binary f.zip | base64)"
    cloud lambda update-function-configuration --function-name f --timeout 9 --environment 'Variables={A=1}' >out
    is "$(cloud lambda get-function-configuration --function-name f --query '[Timeout,Environment.Variables.A]' --output text)" "9	1"
    split cloud lambda update-function-code --function-name f --zip-file fileb://f.zip --revision-id no
    has "$stderr" PreconditionFailedException
    cloud lambda put-function-event-invoke-config --function-name f --maximum-retry-attempts 0 >out
    cloud lambda put-function-concurrency --function-name f --reserved-concurrent-executions 2 >out
    is "$(cloud lambda get-function-concurrency --function-name f --output text)" 2
    cloud logs create-log-group --log-group-name g
    cloud logs put-retention-policy --log-group-name g --retention-in-days 7
    cloud logs delete-log-group --log-group-name g
    cloud lambda delete-function --function-name f
    split cloud lambda get-function --function-name f
    has "$stderr" ResourceNotFoundException
    cloud iam delete-role --role-name r
}
