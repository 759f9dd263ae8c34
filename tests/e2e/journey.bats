# From a directory to a running workflow and back to nothing, on an empty local platform.
load e2e.bash

start() {
    forget_account
    unum -q init app
    cd app
    eval "$(unum -q local start --empty --background)"
    export HOME=$PWD AWS_EC2_METADATA_DISABLED=true
}

@test "init, deploy, invoke, again, delete" {
    start
    unum deploy -b --yes >deploy.log 2>&1
    has "$(cat deploy.log)" "3 of 3 bundles uploaded"
    is "$(unum -q invoke --wait -d '"x"')" '"Hello world!"'
    has "$(unum runs list)" SUCCEEDED
    unum deploy -b --yes >again.log 2>&1
    has "$(cat again.log)" "o changes"
    unum delete --yes >deleted.log 2>delete.log
    split unum -q invoke --wait -d '"x"'
    [ "$status" != 0 ]
}

@test "one changed function is one upload, and its new code runs" {
    start
    unum -q deploy -b --yes 2>deploy.log
    is "$(unum -q invoke --wait -d '"x"')" '"Hello world!"'
    grep -rl 'world!' --include='*.c' . | xargs sed -i 's/world!/again!/'
    unum deploy -b --yes >again.log 2>&1
    has "$(cat again.log)" "1 of 3 bundles uploaded"
    is "$(unum -q invoke --wait -d '"x"')" '"Hello again!"'
}

@test "what was deployed is there after a restart" {
    start
    unum -q deploy -b --yes 2>deploy.log
    unum -q local stop
    eval "$(unum -q local start --empty --background)"
    is "$(unum -q invoke --wait -d '"x"')" '"Hello world!"'
}
