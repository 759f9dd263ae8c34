load e2e.bash
load moto.bash

code_of() { aws_sees "base64.b64decode(client('lambda').get_function(FunctionName='$1')['Configuration']['CodeSha256']).hex()"; }
local_code() { sha256sum ".unum/build/$1.zip" | cut -d' ' -f1; }

expire_records() { # True|False
    aws_sees "client('dynamodb').update_time_to_live(TableName='shop-unum-intermediate-datastore',TimeToLiveSpecification={'Enabled':$1,'AttributeName':'Expires'})"
}

@test "only the function that has changed is swapped" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    split unum sync -b
    is "$status" 5
    has "$stderr" "it is not deployed"
    has "$stderr" "unum deploy -b"
    unum -q deploy -b --yes
    split unum sync
    is "$status" 0
    has "$stdout" "shop: no changes"

    sed -i 's/world/planet/' World/main.c
    split unum sync -b
    is "$status" 2
    has "$stderr" "--yes"
    split unum sync --dry-run
    is "$status" 0
    has "$stdout" "1 of 3 functions differ"
    local before
    before=$(code_of shop-World)
    [ "$before" != "$(local_code World)" ]

    split unum sync --yes --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["swapped"], v["result"]["uploaded"], [f["function"] for f in v["result"]["functions"] if f["changed"]]]')" \
        '[1,1,["shop-World"]]'
    is "$(code_of shop-World)" "$(local_code World)"
    is "$(aws_sees "client('lambda').list_tags(Resource=client('lambda').get_function(FunctionName='shop-World')['Configuration']['FunctionArn'])['Tags']['unum:hotswapped']")" \
        "$(local_code World)"
    split unum sync
    is "$status" 0
    has "$stdout" "no changes"
    split unum doctor --output json
    is "$(json "$stdout" '[f["level"] for f in v["result"]["findings"] if f["check"] == "drift"]')" '["warning"]'
    has "$stdout" "by \`unum sync\` or by hand: shop-World"

    # Its orchestration is known to be the same, so nothing is said about an order.
    sed -i 's/planet/moon/' World/main.c
    split unum sync -b --yes --output json
    is "$status" 0
    hasnt "$stderr" "before who sends"
    is "$(json "$stdout" '[f["contract"] for f in v["result"]["functions"]]')" "[false,false,false]"

    # The bundle is there already: the deployment that follows only names it.
    split unum deploy --yes
    is "$status" 0
    has "$stdout" "0 of 3 bundles uploaded"
    is "$(code_of shop-World)" "$(local_code World)"
    # Of the table in a template moto makes all but this.
    expire_records True
    split unum doctor --output json
    is "$(json "$stdout" 'sorted(f["check"] + "=" + f["level"] for f in v["result"]["findings"] if f["check"] in ("drift", "log groups", "table"))')" \
        '["drift=ok","log groups=ok","table=ok","table=ok"]'
    aws_sees "client('logs').delete_retention_policy(logGroupName='/aws/lambda/shop-World')"
    aws_sees "client('logs').delete_log_group(logGroupName='/aws/lambda/shop-unum-failures')"
    expire_records False
    split unum doctor
    has "$stdout" "kept for ever, at a price that grows: /aws/lambda/shop-World"
    has "$stdout" "may be lost: /aws/lambda/shop-unum-failures"
    has "$stdout" "the records of shop-unum-intermediate-datastore stay for ever"
}

@test "what is more than code is refused, by name" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    unum -q deploy -b --yes
    printf '      Environment:\n        Variables:\n          COLOUR: red\n' >more
    sed -i '/^  World:/,$ { /Properties:/r more
}' unum-template.yaml
    sed -i 's/world/planet/' World/main.c
    local before
    before=$(code_of shop-World)
    split unum sync -b --yes
    is "$status" 5
    has "$stderr" "WorldFunction.Environment.Variables.COLOUR is new"
    has "$stderr" "unum deploy -b"
    is "$(code_of shop-World)" "$before"
}

@test "a stage is swapped without a question, and only it" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    unum -q deploy -b --yes
    unum -q deploy -b --yes --stage dev
    sed -i 's/world/planet/' World/main.c
    split unum sync -b --stage dev
    is "$status" 0
    has "$stdout" "shop-dev: 1 of 3 functions swapped"
    is "$(code_of shop-dev-World)" "$(local_code World)"
    [ "$(code_of shop-World)" != "$(local_code World)" ]
}
