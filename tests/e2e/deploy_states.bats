# unum deploy, delete and status with a stack in every state, against the CloudFormation of the
# local platform.
load e2e.bash

# Built once: what the tests are about is the stack.
setup_file() {
    : "${UNUM:?the program to test}"
    PATH=$(dirname "$UNUM"):$PATH
    cd "$BATS_FILE_TMPDIR"
    unum -q init shop --template hello-world
    cd shop
    unum -q build
}

start() { # OPTION...
    need curl
    cp -a "$BATS_FILE_TMPDIR/shop" shop
    cd shop
    split unum -q local start --empty --memory --background "$@" 3>&-
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true UNUM_POLL=20ms
}

# cloud ACTION NAME=VALUE...: one request; its answer, XML.
cloud() {
    local action=$1 pair
    shift
    local data=(-d "Action=$action" -d Version=2010-05-15)
    for pair in "$@"; do data+=(--data-urlencode "$pair"); done
    curl -sS --aws-sigv4 "aws:amz:$AWS_REGION:cloudformation" \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "${data[@]}" "$AWS_ENDPOINT_URL/"
}

state_of() { # STACK
    local found
    found=$(cloud DescribeStacks StackName="$1" | sed -n 's:.*<StackStatus>\(.*\)</StackStatus>.*:\1:p')
    echo "${found:-none}"
}

set_state() { # STATUS
    hasnt "$(cloud UnumSetStackStatus StackName=shop StackStatus="$1" StackStatusReason=why)" "<Error>"
}

hook() { # RESOURCE JSON
    hasnt "$(cloud UnumSetResourceHook StackName=shop LogicalResourceId="$1" Hook="$2")" "<Error>"
}

wait_for() { # STATUS
    local i
    for ((i = 0; i < 600; i++)); do
        [ "$(state_of shop)" != "$1" ] || return 0
        sleep 0.05
    done
    echo "shop is $(state_of shop), not $1" >&2
    return 1
}

# A stack of somebody else's, with this name, in this state.
theirs() { # STACK STATUS
    cloud CreateStack StackName="$1" TemplateBody='Resources:
  Keep:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: keepsake
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: Name, AttributeType: S}]
      KeySchema: [{AttributeName: Name, KeyType: HASH}]' >/dev/null
    local i
    for ((i = 0; i < 600; i++)); do
        [ "$(state_of "$1")" != CREATE_COMPLETE ] || break
        sleep 0.05
    done
    [ "$2" = CREATE_COMPLETE ] || cloud UnumSetStackStatus StackName="$1" StackStatus="$2" >/dev/null
}

# What makes the next deployment an update of both functions.
memory() { # MB
    sed -i "s/MemorySize: .*/MemorySize: $1/" unum-template.yaml
}

deployed() { # OPTION...
    start "$@"
    unum -q deploy --yes
    is "$(state_of shop)" CREATE_COMPLETE
}

# A deployment behind the test's back: its pid in $running, what it says in the file `said`.
behind() {
    "$@" >result 2>said </dev/null 3>&- &
    running=$!
}

said() { # TEXT
    local i
    for ((i = 0; i < 600; i++)); do
        ! grep -qF -- "$1" said || return 0
        sleep 0.05
    done
    echo "no \"$1\" in:" >&2
    cat said >&2
    return 1
}

ended() { # STATUS
    local status=0
    wait "$running" || status=$?
    is "$status" "$1" || { cat said >&2; return 1; }
}

@test "nothing there: a dry run makes a plan and takes it back" {
    start
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "13 changes, not made; 3 of 3 bundles to upload"
    has "$stdout" "the bucket unum-managed-000000000000-us-east-1 to make"
    is "$(state_of shop)" none
    is "$(state_of unum-managed)" none
    split unum deploy --cancel
    is "$status" 5
    has "$stderr" "there is no update to undo: the stack shop: there is no stack"
    split unum delete --yes
    is "$status" 0
    has "$stdout" "there was no stack"
}

@test "a dry run uploads nothing, and says what would be" {
    deployed
    sed -i 's/world/planet/' World/main.c
    unum -q build
    split unum deploy --dry-run --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"][k] for k in ("changes", "uploaded", "toUpload", "changed")]')" '[1,0,1,false]'
    split unum deploy --dry-run
    has "$stdout" "1 changes, not made; 1 of 3 bundles to upload"
    hasnt "$stdout" "bucket"
    is "$(state_of shop)" CREATE_COMPLETE
    split unum deploy --yes
    has "$stdout" "1 of 3 bundles uploaded"
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "no changes"
    split unum deploy --dry-run --s3-bucket nobody-has-this
    is "$status" 1
    has "$stderr" "there is no bucket nobody-has-this"
}

@test "a template too long for a request needs a bucket, also in a dry run" {
    start
    # Twenty functions more, whose bundles are the same.
    python3 - <<'PY'
import json, shutil
machine = json.load(open("unum-step-functions.json"))
names = ["Step%d" % i for i in range(20)]
machine["States"]["World"] = {"Type": "Task", "Resource": "World", "Next": names[0]}
for here, there in zip(names, names[1:] + [None]):
    step = {"Type": "Task", "Resource": here}
    step.update({"Next": there} if there else {"End": True})
    machine["States"][here] = step
json.dump(machine, open("unum-step-functions.json", "w"))
with open("unum-template.yaml", "a") as template:
    for name in names:
        template.write("  %s:\n    Properties: {CodeUri: World/, Runtime: provided.al2023}\n" % name)
        shutil.copytree(".unum/build/World", ".unum/build/" + name)
        shutil.copy(".unum/build/World.zip", ".unum/build/%s.zip" % name)
PY
    split unum deploy --dry-run
    is "$status" 1
    has "$stderr" "CloudFormation takes 51200 in a request"
    has "$stderr" "there is no bucket unum-managed-000000000000-us-east-1 yet"
    has "$stderr" "--s3-bucket"
    is "$(state_of shop)" none
    is "$(state_of unum-managed)" none
    cp -a "$BATS_FILE_TMPDIR/shop" ../other
    unum -q -C ../other deploy --yes --stage other
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "of 23 bundles to upload"
    is "$(state_of shop)" none
}

code_of() { # NODE: the SHA-256 of what it runs
    curl -sS --aws-sigv4 "aws:amz:$AWS_REGION:lambda" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
        "$AWS_ENDPOINT_URL/2015-03-31/functions/shop-$1" >function.json
    json "$(cat function.json)" '__import__("base64").b64decode(v["Configuration"]["CodeSha256"]).hex()'
}

built() { sha256sum ".unum/build/$1.zip" | cut -d' ' -f1; }

@test "swapped code gets the stack's again when the source is as it was" {
    deployed
    cp World/main.c before.c
    sed -i 's/world/planet/' World/main.c
    unum -q sync -b --yes
    is "$(code_of World)" "$(built World)"
    has "$(cat function.json)" unum:hotswapped

    cp before.c World/main.c
    unum -q build
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "shop: 0 changes, not made"
    has "$stdout" "shop: 1 functions to get the code of the stack again"
    has "$stderr" "shop-World runs other code than the stack names"
    [ "$(code_of World)" != "$(built World)" ]

    split unum deploy --yes --fail-on-empty --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"][k] for k in ("changed", "changes", "swapped")]')" '[true,0,1]'
    is "$(code_of World)" "$(built World)"
    hasnt "$(cat function.json)" unum:hotswapped
    split unum deploy
    is "$status" 0
    has "$stdout" "no changes"
}

@test "swapped code is put right beside other changes, and a deployed swap is no swap any more" {
    deployed
    cp World/main.c before.c
    sed -i 's/world/planet/' World/main.c
    unum -q sync -b --yes
    cp before.c World/main.c
    sed -i 's/"Hello"/"Good day"/' Hello/main.c
    unum -q build
    split unum deploy --yes
    is "$status" 0
    has "$stderr" "HelloFunction (Lambda function): its code"
    has "$stderr" "shop-World runs other code than the stack names: it gets that of the stack again"
    is "$(code_of World)" "$(built World)"
    is "$(code_of Hello)" "$(built Hello)"

    sed -i 's/world/moon/' World/main.c
    unum -q sync -b --yes
    split unum deploy --yes # the same code by the regular way
    is "$status" 0
    hasnt "$stderr" "other code"
    is "$(code_of World)" "$(built World)"
    hasnt "$(cat function.json)" unum:hotswapped
}

@test "a function that somebody has deleted is missed" {
    deployed
    curl -sS -X DELETE --aws-sigv4 "aws:amz:$AWS_REGION:lambda" \
        --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" "$AWS_ENDPOINT_URL/2015-03-31/functions/shop-World"
    split unum deploy
    is "$status" 5
    has "$stderr" "the function shop-World has been deleted, but not by the stack shop"
    has "$stderr" "unum delete"
    split unum sync --yes
    is "$status" 5
    has "$stderr" "has been deleted"
}

@test "REVIEW_IN_PROGRESS: somebody's shell is used, and stays" {
    start
    cloud CreateChangeSet StackName=shop ChangeSetName=theirs ChangeSetType=CREATE \
        TemplateBody='Resources: {T: {Type: AWS::Scheduler::ScheduleGroup}}' >/dev/null
    is "$(state_of shop)" REVIEW_IN_PROGRESS
    split unum deploy --dry-run
    is "$status" 0
    has "$stdout" "13 changes, not made"
    is "$(state_of shop)" REVIEW_IN_PROGRESS
    split unum delete --yes
    is "$status" 5
    has "$stderr" "it has the change set theirs; nothing is deleted"
    is "$(state_of shop)" REVIEW_IN_PROGRESS
    split unum deploy
    is "$status" 0
    is "$(state_of shop)" CREATE_COMPLETE
}

@test "REVIEW_IN_PROGRESS: a shell of unum's own goes" {
    start
    cloud CreateChangeSet StackName=shop ChangeSetName=unum-of-a-run-before ChangeSetType=CREATE \
        TemplateBody='Resources: {T: {Type: AWS::Scheduler::ScheduleGroup}}' >/dev/null
    split unum delete --yes
    is "$status" 0
    is "$(state_of shop)" none
}

@test "a creation that fails is gone, and says why" {
    start
    hook HelloFunction '{"FailCreate":"told to fail"}'
    split unum deploy
    is "$status" 8
    has "$stderr" "HelloFunction (Lambda function): told to fail"
    has "$stderr" "everything that was made is removed; mend the cause and deploy again"
    is "$(state_of shop)" none
    hook HelloFunction ''
    split unum deploy
    is "$status" 0
    is "$(state_of shop)" CREATE_COMPLETE
}

@test "CREATE_FAILED: what was made without rollback is gone on with" {
    start
    hook HelloFunction '{"FailCreate":"told to fail"}'
    split unum deploy --no-rollback
    is "$status" 8
    has "$stderr" "HelloFunction (Lambda function): told to fail"
    has "$stderr" "what was made is kept"
    has "$stderr" "\`unum delete\` removes it"
    is "$(state_of shop)" CREATE_FAILED
    split unum deploy --cancel
    is "$status" 5
    has "$stderr" "nothing to go back to"
    has "$stderr" "unum delete"
    is "$(state_of shop)" CREATE_FAILED
    split unum deploy
    is "$status" 8
    has "$stderr" "told to fail"
    hook HelloFunction ''
    split unum deploy
    is "$status" 0
    is "$(state_of shop)" UPDATE_COMPLETE
    split unum deploy
    is "$status" 0
    has "$stdout" "no changes"
}

@test "CREATE_FAILED: unum delete removes what was made" {
    start
    hook WorldFunction '{"FailCreate":"told to fail"}'
    split unum deploy --no-rollback
    is "$status" 8
    split unum delete --yes
    is "$status" 0
    is "$(state_of shop)" none
}

@test "ROLLBACK_COMPLETE: the first cause is told, and nothing is deleted unasked" {
    start
    hook HelloFunction '{"FailCreate":"told to fail"}'
    split unum deploy --no-rollback
    is "$status" 8
    cloud RollbackStack StackName=shop >/dev/null
    wait_for ROLLBACK_COMPLETE
    split unum deploy
    is "$status" 5
    has "$stderr" "What failed first: HelloFunction (Lambda function): told to fail"
    has "$stderr" "--replace-failed"
    split unum deploy --dry-run --replace-failed
    is "$status" 5
    split unum sync
    is "$status" 5
    has "$stderr" "unum deploy -b"
    split unum deploy --cancel
    is "$status" 5
    is "$(state_of shop)" ROLLBACK_COMPLETE
    hook HelloFunction ''
    split unum deploy --replace-failed
    is "$status" 0
    is "$(state_of shop)" CREATE_COMPLETE
}

@test "ROLLBACK_FAILED: what cannot be removed is named" {
    start
    hook HelloFunction '{"FailCreate":"told to fail"}'
    hook WorldRole '{"FailDelete":"stuck"}'
    split unum deploy --no-rollback
    is "$status" 8
    cloud RollbackStack StackName=shop >/dev/null
    wait_for ROLLBACK_FAILED
    split unum deploy
    is "$status" 5
    has "$stderr" "--replace-failed"
    is "$(state_of shop)" ROLLBACK_FAILED
    hook HelloFunction ''
    split unum deploy --replace-failed
    is "$status" 5
    has "$stderr" "WorldRole: stuck"
    is "$(state_of shop)" DELETE_FAILED
    hook WorldRole ''
    split unum deploy
    is "$status" 0
    is "$(state_of shop)" CREATE_COMPLETE
}

@test "UPDATE_ROLLBACK_COMPLETE: a failed update is as it was before, and is made again" {
    deployed
    memory 256
    hook WorldFunction '{"FailUpdate":"told to fail"}'
    split unum deploy --yes
    is "$status" 8
    has "$stderr" "~   WorldFunction (Lambda function): its memory (128 -> 256)"
    has "$stderr" "WorldFunction (Lambda function): told to fail"
    has "$stderr" "an update failed, and it is as it was before; mend the cause and deploy again"
    hasnt "$stderr" "https://" # the console knows nothing of this platform
    is "$(state_of shop)" UPDATE_ROLLBACK_COMPLETE
    split unum deploy --cancel # it is undone
    is "$status" 0
    hook WorldFunction ''
    split unum deploy --yes
    is "$status" 0
    is "$(state_of shop)" UPDATE_COMPLETE
}

@test "what changes is told in words: of an orchestration that it is another one" {
    deployed
    python3 - <<'PY'
import json
machine = json.load(open("unum-step-functions.json"))
machine["States"]["World"]["ResultPath"] = "$.world"
machine["States"]["World"]["InputPath"] = "$"
machine["States"]["Hello"]["ResultSelector"] = {"text.$": "$"}
json.dump(machine, open("unum-step-functions.json", "w"))
PY
    split unum deploy -b --dry-run
    is "$status" 0
    has "$stderr" "its code, its orchestration (IR "
    [[ $stderr =~ "WorldFunction (Lambda function): its code, its orchestration (IR "[0-9a-f]{8}" -> "[0-9a-f]{8}")" ]]
    hasnt "$stderr" "its tags"
}

@test "what validation finds is told before anything is changed" {
    start
    hook HelloFunction '{"FailValidation":"shop-Hello exists already"}'
    hook WorldRole '{"FailValidation":"shop-WorldRole exists already"}'
    cloud UnumSetPage Entries=1 >/dev/null
    split unum deploy
    is "$status" 1
    has "$stderr" "CloudFormation does not accept the change:"
    has "$stderr" "HelloFunction (Lambda function): shop-Hello exists already (/Resources/HelloFunction)"
    has "$stderr" "WorldRole (IAM role): shop-WorldRole exists already"
    is "$(state_of shop)" none
}

@test "UPDATE_FAILED: an update without rollback is gone on with, or undone" {
    deployed
    memory 256
    hook WorldFunction '{"FailUpdate":"told to fail"}'
    split unum deploy --yes --no-rollback
    is "$status" 8
    has "$stderr" "what was done is kept"
    has "$stderr" "\`unum deploy --cancel\` undoes it"
    is "$(state_of shop)" UPDATE_FAILED
    split unum deploy --yes # goes on in the same way
    is "$status" 8
    is "$(state_of shop)" UPDATE_FAILED
    hook WorldFunction ''
    split unum deploy --yes
    is "$status" 0
    is "$(state_of shop)" UPDATE_COMPLETE

    memory 512
    hook WorldFunction '{"FailUpdate":"told to fail"}'
    split unum deploy --yes --no-rollback
    is "$status" 8
    hook WorldFunction ''
    split unum deploy --cancel
    is "$status" 0
    has "$stdout" "shop: the update is undone"
    is "$(state_of shop)" UPDATE_ROLLBACK_COMPLETE
}

# Hello is changed before World fails, and cannot be changed back.
stuck_rollback() { # MORE
    memory 256
    hook WorldFunction '{"FailUpdate":"told to fail","StepMs":1000}'
    hook HelloFunction '{"FailRollback":"no way back"'"$1"'}'
    split unum deploy --yes
    is "$status" 8
    has "$stderr" "WorldFunction (Lambda function): told to fail"
    has "$stderr" "an update failed, and so did undoing it"
    has "$stderr" "--skip-resource ID"
    is "$(state_of shop)" UPDATE_ROLLBACK_FAILED
}

@test "UPDATE_ROLLBACK_FAILED: what is stuck is named, and can be left as it is" {
    deployed
    stuck_rollback ''
    split unum deploy --yes
    is "$status" 5
    has "$stderr" "What failed first: WorldFunction (Lambda function): told to fail"
    has "$stderr" "HelloFunction: no way back"
    is "$(state_of shop)" UPDATE_ROLLBACK_FAILED
    split unum deploy --dry-run
    is "$status" 5
    split unum sync --yes
    is "$status" 5
    split unum deploy --cancel
    is "$status" 8
    has "$stderr" "the rollback got stuck"
    has "$stderr" "HelloFunction: no way back"
    split unum deploy --cancel --skip-resource WorldRole
    is "$status" 1
    has "$stderr" "finish the rollback of the stack shop"
    is "$(state_of shop)" UPDATE_ROLLBACK_FAILED
    split unum deploy --cancel --skip-resource HelloFunction
    is "$status" 0
    is "$(state_of shop)" UPDATE_ROLLBACK_COMPLETE
}

@test "UPDATE_ROLLBACK_FAILED: a rollback that gets further is gone on with" {
    deployed
    stuck_rollback ',"FailOnce":true'
    hook WorldFunction ''
    split unum deploy --yes
    is "$status" 0
    is "$(state_of shop)" UPDATE_COMPLETE
}

@test "UPDATE_ROLLBACK_FAILED: unum delete deletes it" {
    deployed
    stuck_rollback ''
    split unum delete --yes
    is "$status" 0
    is "$(state_of shop)" none
}

@test "DELETE_FAILED: what is in the way is named, and the deletion is finished" {
    deployed
    hook WorldRole '{"FailDelete":"somebody holds it"}'
    split unum delete --yes
    is "$status" 8
    has "$stderr" "WorldRole: somebody holds it"
    has "$stderr" "--skip-resource"
    is "$(state_of shop)" DELETE_FAILED
    split unum deploy
    is "$status" 5
    has "$stderr" "not all of it could be deleted"
    has "$stderr" "WorldRole: somebody holds it"
    is "$(state_of shop)" DELETE_FAILED
    split unum deploy --cancel
    is "$status" 5
    split unum delete --yes --skip-resource WorldRole
    is "$status" 0
    is "$(state_of shop)" none
}

@test "DELETE_FAILED: deploy finishes the deletion and makes the stack anew" {
    deployed
    hook WorldRole '{"FailDelete":"somebody holds it"}'
    split unum delete --yes
    is "$status" 8
    hook WorldRole ''
    split unum deploy
    is "$status" 0
    is "$(state_of shop)" CREATE_COMPLETE
}

@test "in progress: every operation is waited for, and --no-wait does not" {
    deployed
    local busy rest
    while read -r busy rest; do
        set_state "$busy"
        split unum deploy --no-wait
        is "$status" 5
        has "$stderr" "--no-wait"
        split unum sync --yes
        is "$status" 5
        behind unum deploy
        said "waiting for it"
        set_state "$rest"
        ended 0
        has "$(cat result)" "shop: no changes"
    done <<'STATES'
CREATE_IN_PROGRESS CREATE_COMPLETE
UPDATE_IN_PROGRESS UPDATE_COMPLETE
UPDATE_COMPLETE_CLEANUP_IN_PROGRESS UPDATE_COMPLETE
UPDATE_ROLLBACK_IN_PROGRESS UPDATE_ROLLBACK_COMPLETE
UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS UPDATE_ROLLBACK_COMPLETE
IMPORT_IN_PROGRESS IMPORT_COMPLETE
IMPORT_ROLLBACK_IN_PROGRESS IMPORT_ROLLBACK_COMPLETE
STATES
    set_state ROLLBACK_IN_PROGRESS
    behind unum deploy
    said "waiting for it"
    set_state ROLLBACK_COMPLETE
    ended 5
    said "--replace-failed"
}

@test "DELETE_IN_PROGRESS: deploy waits and makes the stack anew, delete waits" {
    deployed --real-time
    hook WorldRole '{"StepMs":1500}'
    behind unum delete --yes
    said "delete the stack"
    wait_for DELETE_IN_PROGRESS
    split unum deploy --no-wait
    is "$status" 5
    split unum delete --yes
    is "$status" 0
    ended 0
    is "$(state_of shop)" none
    unum -q deploy --yes
    cloud DeleteStack StackName=shop >/dev/null
    wait_for DELETE_IN_PROGRESS
    split unum deploy --yes
    is "$status" 0
    has "$stderr" "it is being deleted; waiting for it"
}

@test "IMPORT_*: what imports left is changed, and what it broke is left alone" {
    deployed
    set_state IMPORT_ROLLBACK_FAILED
    split unum deploy --replace-failed --yes
    is "$status" 5
    has "$stderr" "an import of resources failed, and so did undoing it"
    has "$stderr" "unum imports nothing"
    is "$(state_of shop)" IMPORT_ROLLBACK_FAILED
    set_state IMPORT_COMPLETE
    memory 256
    split unum deploy --yes
    is "$status" 0
    set_state IMPORT_ROLLBACK_COMPLETE
    memory 512
    split unum deploy --yes
    is "$status" 0
}

@test "an update in progress is cancelled" {
    deployed --real-time
    memory 256
    hook WorldFunction '{"StepMs":60000}'
    behind unum deploy --yes
    said "UPDATE_IN_PROGRESS           WorldFunction"
    hook WorldFunction '' # the way back is short
    split unum deploy --cancel
    is "$status" 0
    has "$stdout" "shop: the update is undone"
    is "$(state_of shop)" UPDATE_ROLLBACK_COMPLETE
    ended 8
    said "the update was cancelled"
    said "it is as it was before"
    split unum deploy --cancel --build
    is "$status" 2
}

@test "a creation is not cancelled, but deleted" {
    start --real-time
    hook WorldFunction '{"StepMs":2000}'
    behind unum deploy
    wait_for CREATE_IN_PROGRESS
    split unum deploy --cancel
    is "$status" 5
    has "$stderr" "unum delete"
    split unum delete --yes
    is "$status" 0
    wait "$running" || true
    is "$(state_of shop)" none
}

@test "too late to cancel, and nothing to cancel" {
    deployed
    split unum deploy --cancel
    is "$status" 5
    has "$stderr" "there is no update to undo: the stack shop: it is in place"
    set_state UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    split unum deploy --cancel
    is "$status" 5
    has "$stderr" "cannot be undone any more"
}

@test "Ctrl-C stops watching, and says what goes on" {
    deployed --real-time
    memory 256
    hook WorldFunction '{"StepMs":3000}'
    behind unum deploy --yes
    said "UPDATE_IN_PROGRESS           WorldFunction"
    kill -INT "$running"
    ended 130
    said "interrupted, but the stack shop goes on by itself: it is being updated"
    said "\`unum deploy\` follows it"
    said "\`unum deploy --cancel\` undoes it"
    is "$(state_of shop)" UPDATE_IN_PROGRESS
    split unum deploy
    is "$status" 0
    has "$stdout" "no changes"
    is "$(state_of shop)" UPDATE_COMPLETE
}

@test "a stack of somebody else's is left alone, in every state" {
    start
    theirs shop CREATE_COMPLETE
    local state
    for state in CREATE_COMPLETE UPDATE_COMPLETE UPDATE_ROLLBACK_COMPLETE UPDATE_ROLLBACK_FAILED \
        ROLLBACK_COMPLETE ROLLBACK_FAILED CREATE_FAILED UPDATE_FAILED DELETE_FAILED \
        IMPORT_COMPLETE UPDATE_IN_PROGRESS; do
        set_state "$state"
        split unum deploy --yes --replace-failed
        is "$status" 5
        has "$stderr" "the stack shop in us-east-1 was not made by unum"
        has "$stderr" "--stack-name"
        split unum delete --yes --purge
        is "$status" 5
        has "$stderr" "nothing of it is deleted"
        split unum deploy --cancel
        is "$status" 5
        is "$(state_of shop)" "$state"
    done
    has "$(cloud DescribeStackResources StackName=shop)" keepsake
}

@test "the first cause is found on an old page" {
    start
    hook HelloFunction '{"FailCreate":"told to fail"}'
    cloud UnumSetPage Entries=2 >/dev/null
    split unum deploy --no-rollback
    is "$status" 8
    has "$stderr" "HelloFunction (Lambda function): told to fail"
    cloud RollbackStack StackName=shop >/dev/null
    wait_for ROLLBACK_COMPLETE
    split unum deploy
    is "$status" 5
    has "$stderr" "What failed first: HelloFunction (Lambda function): told to fail"
    # Every event is told once, in the order it happened.
    hook HelloFunction ''
    split unum deploy --replace-failed
    is "$status" 0
    is "$(grep -c 'CREATE_COMPLETE .*WorldFunction' <<<"$stderr")" 1
    local first last
    first=$(grep -n 'CREATE_IN_PROGRESS .*shop (' <<<"$stderr" | cut -d: -f1 | head -1)
    last=$(grep -n 'CREATE_COMPLETE .*shop (' <<<"$stderr" | cut -d: -f1)
    [ "$first" -lt "$last" ]
}
