# AWS's own clients against the CloudFormation of `unum local start --empty`.
load e2e.bash

start() {
    unum -q init app
    split unum -q -C app local start --empty --memory --background
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
    cat >one.yaml <<'YAML'
Parameters:
  Name: {Type: String, Default: items}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Delete
    Properties:
      TableName: !Ref Name
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: Name, AttributeType: S}]
      KeySchema: [{AttributeName: Name, KeyType: HASH}]
Outputs:
  Arn: {Value: !GetAtt Table.Arn}
YAML
}

cloud() {
    aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
}

# The AWS CLI names its change sets after the second: two within one would have the same name.
deploy() {
    sleep 1
    cloud cloudformation deploy "$@"
}

need_aws() {
    need aws
    aws --version >/dev/null 2>&1 || skip "aws does not run"
}

@test "AWS CLI: deploy, deploy again, change, delete" {
    need_aws
    start
    deploy --stack-name one --template-file one.yaml >out
    has "$(cat out)" "Successfully created/updated stack - one"
    is "$(cloud cloudformation describe-stacks --stack-name one --query 'Stacks[0].StackStatus' --output text)" \
        CREATE_COMPLETE
    is "$(cloud cloudformation describe-stacks --stack-name one --query 'Stacks[0].Outputs[0].OutputValue' --output text)" \
        "arn:aws:dynamodb:us-east-1:000000000000:table/items"
    is "$(cloud dynamodb list-tables --query 'TableNames' --output text)" items
    deploy --stack-name one --template-file one.yaml --no-fail-on-empty-changeset >out
    has "$(cat out)" "No changes to deploy"
    deploy --stack-name one --template-file one.yaml --parameter-overrides Name=more >out
    is "$(cloud dynamodb list-tables --query 'TableNames' --output text)" more
    cloud cloudformation delete-stack --stack-name one
    cloud cloudformation wait stack-delete-complete --stack-name one
    is "$(cloud dynamodb list-tables --query 'TableNames' --output text)" ""
}

@test "AWS CLI: a template in S3, events, errors" {
    need_aws
    start
    cloud s3 mb s3://code >/dev/null
    cloud s3 cp one.yaml s3://code/a/one.yaml >/dev/null
    cloud cloudformation create-stack --stack-name one --template-url "$AWS_ENDPOINT_URL/code/a/one.yaml" >/dev/null
    cloud cloudformation wait stack-create-complete --stack-name one
    has "$(cloud cloudformation describe-stack-events --stack-name one --query 'StackEvents[].ResourceStatus' --output text)" \
        CREATE_COMPLETE
    split cloud cloudformation describe-stacks --stack-name none
    [ "$status" != 0 ]
    has "$stderr" "(ValidationError)"
    has "$stderr" "Stack with id none does not exist"
    split cloud cloudformation create-stack --stack-name two --template-url "$AWS_ENDPOINT_URL/code/none.yaml"
    has "$stderr" "S3 error:"
    split cloud cloudformation validate-template --template-body 'Resources: {A: {Type: AWS::EC2::VPC}}'
    has "$stderr" "Unrecognized resource types: [AWS::EC2::VPC]"
}

@test "boto3: change sets, paginators, waiters" {
    need python3
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
    start
    cat >script.py <<'PY'
import boto3, os
from botocore.exceptions import ClientError
c = boto3.client("cloudformation", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
body = open("one.yaml").read()
c.create_change_set(StackName="one", ChangeSetName="first", ChangeSetType="CREATE",
                    TemplateBody=body, Tags=[{"Key": "a", "Value": "b & <c>"}])
c.get_waiter("change_set_create_complete").wait(StackName="one", ChangeSetName="first",
                                                WaiterConfig={"Delay": 1})
s = c.describe_change_set(StackName="one", ChangeSetName="first")
print([(x["ResourceChange"]["Action"], x["ResourceChange"]["LogicalResourceId"]) for x in s["Changes"]])
c.execute_change_set(StackName="one", ChangeSetName="first")
c.get_waiter("stack_create_complete").wait(StackName="one", WaiterConfig={"Delay": 1})
s = c.describe_stacks(StackName="one")["Stacks"][0]
print(s["StackStatus"], s["Tags"], s["Parameters"])
events = [e for p in c.get_paginator("describe_stack_events").paginate(StackName="one")
          for e in p["StackEvents"]]
print(events[0]["ResourceStatus"], events[-1]["ResourceStatus"])
rows = [r for p in c.get_paginator("list_stack_resources").paginate(StackName="one")
        for r in p["StackResourceSummaries"]]
print([(r["LogicalResourceId"], r["PhysicalResourceId"]) for r in rows])
try:
    c.update_stack(StackName="one", TemplateBody=body, Tags=[{"Key": "a", "Value": "b & <c>"}])
except ClientError as e:
    print(e.response["Error"]["Code"], e.response["Error"]["Message"])
print(c.get_template(StackName="one")["TemplateBody"] == body)
PY
    is "$(python3 script.py)" "[('Add', 'Table')]
CREATE_COMPLETE [{'Key': 'a', 'Value': 'b & <c>'}] [{'ParameterKey': 'Name', 'ParameterValue': 'items'}]
CREATE_COMPLETE REVIEW_IN_PROGRESS
[('Table', 'items')]
ValidationError No updates are to be performed.
True"
}
