# The tour of the README through an account, as it is typed there, against the local platform: what
# runs is what CloudFormation made of the uploaded zips.
load e2e.bash

start() {
    split unum -q local start --empty --memory --background
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true UNUM_POLL=20ms
}

@test "init, deploy, invoke, logs, runs list, sync, delete" {
    unum -q init shop
    cd shop
    start
    split unum deploy -b
    is "$status" 0
    has "$stdout" "shop: deployed, 3 of 3 bundles uploaded"
    split unum deploy -b
    is "$status" 0
    has "$stdout" "shop: no changes"

    split unum invoke --wait -d '""'
    is "$status" 0
    is "$stdout" '"Hello world!"'
    split unum logs
    is "$status" 0
    has "$stdout" "World"
    split unum runs list
    is "$status" 0
    has "$stdout" "SUCCEEDED"

    # The second deployment changes one function and uploads one zip.
    sed -i 's/world/planet/' World/main.c
    split unum deploy -b --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["changed"], v["result"]["changes"], v["result"]["uploaded"]]')" "[true,1,1]"
    split unum invoke --wait -d '""'
    is "$stdout" '"Hello planet!"'

    sed -i 's/planet/moon/' World/main.c
    split unum sync -b --yes
    is "$status" 0
    has "$stdout" "1 of 3 functions swapped"
    split unum invoke --wait -d '""'
    is "$stdout" '"Hello moon!"'

    split unum delete --yes
    is "$status" 0
    has "$stdout" "shop: deleted"
    split unum invoke --wait -d '""'
    [ "$status" != 0 ]
    split unum delete --yes
    is "$status" 0
    has "$stdout" "there was no stack"
    # The records of the runs were kept: they are used by the next deployment.
    split unum deploy
    is "$status" 0
    has "$stderr" "the table exists already"
    split unum runs list
    has "$stdout" "SUCCEEDED"
}
