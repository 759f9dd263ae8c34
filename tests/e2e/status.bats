load e2e.bash

@test "after a run: the last one, or a named one" {
    unum -q init app
    unum -C app run --session first >/dev/null
    unum -C app run --session second >/dev/null
    split unum -C app status --local
    is "$status" 0
    has "$stdout" "second"
    has "$stdout" "SUCCEEDED"
    split unum -C app status --local first
    has "$stdout" "first"
    split unum -C app status --local first --output json
    is "$(json "$stdout" 'v["result"]["status"]')" SUCCEEDED
    is "$(json "$stdout" 'v["result"]["output"]')" "Hello world!"
}

@test "a failed run: exit status 3, error and cause" {
    unum -q init --template parallel app
    split unum -C app run --session bad -d '{}'
    split unum -C app status --local bad
    is "$status" 3
    has "$stdout" "FAILED"
    has "$stdout" "Tax.NoPrice"
}

@test "a run that never was" {
    unum -q init app
    split unum -C app status --local
    is "$status" 1
    has "$stderr" "unum run"
    unum -C app run >/dev/null
    split unum -C app status --local none
    is "$status" 1
    has "$stderr" 'no run "none"'
}

@test "--wait goes on with a run that has ended" {
    unum -q init app
    unum -q -C app local start --background >/dev/null
    unum -q -C app invoke --local --wait --session s >/dev/null
    split unum -C app status --local s --wait --output json
    is "$status" 0
    is "$(json "$stdout" 'v["result"]["status"]')" SUCCEEDED
}

@test "with an account" {
    unum -q init app
    unum -q -C app local start --background >/dev/null
    AWS_ENDPOINT_URL=$(python3 -c 'import json; print(json.load(open("app/.unum/local.json"))["endpoint"])')
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=unum-local AWS_SECRET_ACCESS_KEY=unum-local-secret
    export AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent
    split unum -C app status x
    is "$status" 1
    has "$stderr" "--region"
    split unum -C app status x --region eu-west-1
    is "$status" 1
    has "$stderr" 'no run "x"'
    # The template may name the region.
    sed -i 's/^Globals:/Globals:\n  Region: eu-west-1/' app/unum-template.yaml
    split unum -C app status x
    has "$stderr" 'no run "x"'
}

@test "sessions are offered to completion" {
    unum -q init app
    unum -C app run --session abc >/dev/null
    is "$(unum -C app __complete session)" abc
}

@test "a stage is an application of its own" {
    unum -q init app
    unum -q -C app local start --background >/dev/null
    AWS_ENDPOINT_URL=$(python3 -c 'import json; print(json.load(open("app/.unum/local.json"))["endpoint"])')
    export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=unum-local AWS_SECRET_ACCESS_KEY=unum-local-secret
    export AWS_REGION=eu-west-1 AWS_CONFIG_FILE=/nonexistent AWS_SHARED_CREDENTIALS_FILE=/nonexistent
    split unum -C app invoke --stage test
    is "$status" 1
    has "$stderr" "app-test-Hello"
    split unum -C app invoke --stage 'no/name'
    is "$status" 2
    UNUM_STAGE=test split unum -C app invoke --local --wait
    is "$status" 0
}
