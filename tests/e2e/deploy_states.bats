# unum deploy and the states a stack can be in, against the CloudFormation of the local platform.
load e2e.bash

start() {
    need aws
    aws --version >/dev/null 2>&1 || skip "aws does not run"
    unum -q init shop --template hello-world
    cd shop
    split unum -q local start --empty --memory --background
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true AWS_PAGER= UNUM_POLL=20ms
    unum -q build
    # The second policy is for a bucket that nobody has.
    cat >broken.yaml <<'YAML'
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      TableName: keepsake
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: Name, AttributeType: S}]
      KeySchema: [{AttributeName: Name, KeyType: HASH}]
  Policy:
    Type: AWS::S3::BucketPolicy
    DependsOn: Table
    Properties:
      Bucket: nobody-has-this-bucket
      PolicyDocument: {Version: '2012-10-17', Statement: []}
YAML
}

cloud() {
    aws --endpoint-url "$AWS_ENDPOINT_URL" cloudformation "$@"
}

state_of() {
    cloud describe-stacks --stack-name "$1" --query 'Stacks[0].StackStatus' --output text 2>/dev/null || echo none
}

@test "nothing there: a dry run makes a plan and takes it back" {
    start
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "13 changes, not made"
    is "$(state_of shop)" none
    is "$(state_of unum-managed)" CREATE_COMPLETE
    # What has been uploaded is not uploaded again.
    split unum deploy --dry-run --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["uploaded"], v["result"]["artifacts"]]')" "[0,3]"
}

@test "REVIEW_IN_PROGRESS: somebody's shell is used, and stays" {
    start
    cloud create-change-set --stack-name shop --change-set-name theirs --change-set-type CREATE \
        --template-body file://broken.yaml >/dev/null
    is "$(state_of shop)" REVIEW_IN_PROGRESS
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "13 changes, not made"
    is "$(state_of shop)" REVIEW_IN_PROGRESS
}

@test "ROLLBACK_COMPLETE: the first cause is told, and nothing is deleted unasked" {
    start
    cloud create-stack --stack-name shop --template-body file://broken.yaml >/dev/null
    cloud wait stack-create-complete --stack-name shop || true
    is "$(state_of shop)" ROLLBACK_COMPLETE
    split unum deploy
    is "$status" 5
    has "$stderr" "What failed first: Policy (S3 bucket policy)"
    has "$stderr" "--replace-failed"
    is "$(state_of shop)" ROLLBACK_COMPLETE
    split unum deploy --dry-run --replace-failed
    is "$status" 5
    is "$(state_of shop)" ROLLBACK_COMPLETE
    split unum sync
    is "$status" 5
    has "$stderr" "unum deploy -b"
    is "$(state_of shop)" ROLLBACK_COMPLETE
}
