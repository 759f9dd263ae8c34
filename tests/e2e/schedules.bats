# EventBridge Scheduler of `unum local start`, by AWS's own clients.
load e2e.bash

ROLE=arn:aws:iam::000000000000:role/unum-local-schedules
TARGET=arn:aws:lambda:us-east-1:000000000000:function:app-Hello

start() {
    unum -q init app
    split unum -q -C app local start --background "$@"
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
}

@test "boto3: schedules and their groups" {
    need python3
    python3 -c 'import boto3; boto3.client("scheduler", region_name="us-east-1")' 2>/dev/null ||
        skip "boto3 with EventBridge Scheduler not installed"
    start --real-time
    cat >script.py <<'PY'
import boto3, datetime, json, os, sys
from botocore.exceptions import ClientError
role, arn = sys.argv[1:]
sched = boto3.client("scheduler", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
def refused(call, **more):
    try:
        call(**more)
    except ClientError as e:
        return e.response["Error"]["Code"] + " " + str(e.response["ResponseMetadata"]["HTTPStatusCode"])
    return "accepted"
at = "at(2999-01-01T00:00:00)"
target = {"Arn": arn, "RoleArn": role, "Input": json.dumps({"a": "\u00e4"})}
more = dict(Name="w", ScheduleExpression=at, FlexibleTimeWindow={"Mode": "OFF"}, Target=target)
print(sched.create_schedule(**more)["ScheduleArn"])
print(refused(sched.create_schedule, **more))
print(refused(sched.create_schedule, **dict(more, Name="past", ScheduleExpression="at(2001-01-01T00:00:00)")))
print(refused(sched.create_schedule, **dict(more, Name="role", Target=dict(target, RoleArn=role + "x"))))
print(refused(sched.create_schedule, **dict(more, Name="group", GroupName="nobody")))
same = dict(more, Name="token", ClientToken="t1")
print(sched.create_schedule(**same) ["ScheduleArn"] == sched.create_schedule(**same)["ScheduleArn"])
got = sched.get_schedule(Name="w")
print(got["State"], got["ScheduleExpression"], got["Target"]["Input"] == target["Input"],
      got["Target"]["RetryPolicy"], type(got["CreationDate"]).__name__)
sched.update_schedule(**dict(more, State="DISABLED", Description="later",
                             ActionAfterCompletion="DELETE"))
got = sched.get_schedule(Name="w")
print(got["State"], got["Description"], got["ActionAfterCompletion"])
print(sched.create_schedule_group(Name="mine")["ScheduleGroupArn"])
for n in range(5):
    sched.create_schedule(**dict(more, Name="n%d" % n, GroupName="mine"))
pages = sched.get_paginator("list_schedules").paginate(
    GroupName="mine", PaginationConfig={"PageSize": 2})
print([[s["Name"] for s in page["Schedules"]] for page in pages])
print([g["Name"] for g in sched.list_schedule_groups()["ScheduleGroups"]])
print(sched.get_schedule_group(Name="mine")["State"])
sched.delete_schedule_group(Name="mine")
sched.delete_schedule(Name="w")
print(refused(sched.get_schedule, Name="w"), refused(sched.get_schedule, Name="n1", GroupName="mine"))
print([s["Name"] for s in sched.list_schedules()["Schedules"]])
PY
    python3 script.py $ROLE $TARGET >out
    is "$(cat out)" "arn:aws:scheduler:us-east-1:000000000000:schedule/default/w
ConflictException 409
ValidationException 400
ValidationException 400
ResourceNotFoundException 404
True
ENABLED at(2999-01-01T00:00:00) True {'MaximumEventAgeInSeconds': 86400, 'MaximumRetryAttempts': 185} datetime
DISABLED later DELETE
arn:aws:scheduler:us-east-1:000000000000:schedule-group/mine
[['n0', 'n1'], ['n2', 'n3'], ['n4']]
['default', 'mine']
ACTIVE
ResourceNotFoundException 404 ResourceNotFoundException 404
['token']"
}

@test "AWS CLI: a schedule starts its function when its time has come" {
    need aws
    aws scheduler help >/dev/null 2>&1 || skip "aws with EventBridge Scheduler not installed"
    start
    aws --endpoint-url "$AWS_ENDPOINT_URL" scheduler create-schedule --name soon \
        --schedule-expression 'at(2999-01-01T00:00:00)' --flexible-time-window Mode=OFF \
        --action-after-completion DELETE \
        --target "Arn=$TARGET,RoleArn=$ROLE,Input='{\"Data\":{\"Source\":\"http\",\"Value\":\"x\"},\"Session\":\"late\"}'" \
        >made.json
    has "$(cat made.json)" :schedule/default/soon
    for try in $(seq 100); do
        unum -q -C app runs show --local late >shown 2>&1 && grep -q SUCCEEDED shown && break
        sleep 0.1
    done
    has "$(cat shown)" SUCCEEDED
    is "$(aws --endpoint-url "$AWS_ENDPOINT_URL" scheduler list-schedules \
        --query 'length(Schedules)')" 0
}

@test "a deployed workflow waits by schedules, with the role of its stack" {
    forget_account
    unum -q init app
    cd app
    cat >unum-step-functions.json <<'JSON'
{"StartAt": "Hello", "States": {
  "Hello": {"Type": "Task", "Resource": "Hello", "Next": "Pause"},
  "Pause": {"Type": "Wait", "Seconds": 86400, "Next": "World"},
  "World": {"Type": "Task", "Resource": "World", "End": true}}}
JSON
    eval "$(unum -q local start --empty --background)"
    export HOME=$PWD AWS_EC2_METADATA_DISABLED=true
    unum deploy -b --yes >deploy.log 2>&1
    is "$(unum -q invoke --wait -d '"x"')" '"Hello world!"'
    unum delete --yes >deleted.log 2>delete.log
}
