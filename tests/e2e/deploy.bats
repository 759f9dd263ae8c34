load e2e.bash
load moto.bash

bucket=unum-managed-123456789012-eu-west-1

@test "an application is deployed, deployed again and changed" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    split unum deploy -b
    is "$status" 0
    has "$stdout" "shop: deployed, 3 of 3 bundles uploaded"
    has "$stderr" "+   HelloFunction (Lambda function)"
    is "$(json "$(cat .unum/aws.json)" 'v["account"] + " " + v["region"] + " " + v["stack"]')" "123456789012 eu-west-1 shop"

    # The object that the function runs is the local zip, byte for byte.
    local sum
    for node in Hello World unum-failures; do
        sum=$(sha256sum ".unum/build/$node.zip" | cut -d' ' -f1)
        is "$(aws_sees "hashlib.sha256(client('s3').get_object(Bucket='$bucket', Key='unum/shop/$sum.zip')['Body'].read()).hexdigest()")" "$sum"
        is "$(aws_sees "base64.b64decode(client('lambda').get_function(FunctionName='shop-$node')['Configuration']['CodeSha256']).hex()")" "$sum"
    done

    split unum deploy -b --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["changed"], v["result"]["uploaded"]]')" "[false,0]"
    split unum deploy --fail-on-empty
    is "$status" 5

    sed -i 's/world/planet/' World/main.c
    split unum deploy -b --yes
    is "$status" 0
    has "$stdout" "1 of 3 bundles uploaded"
    has "$stderr" "WorldFunction (Lambda function)"
}

@test "a dry run changes nothing and leaves no stack" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    split unum deploy -b --dry-run
    is "$status" 0
    has "$stdout" "13 changes, not made"
    is "$(aws_sees "[s['StackName'] for s in client('cloudformation').list_stacks()['StackSummaries'] if s['StackName'] == 'shop' and s['StackStatus'] != 'DELETE_COMPLETE']")" "[]"
    is "$(aws_sees "client('lambda').list_functions()['Functions']")" "[]"
}

@test "a stage is a deployment of its own" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    unum -q deploy -b --yes
    unum -q deploy -b --yes --stage dev
    is "$(aws_sees "sorted(f['FunctionName'] for f in client('lambda').list_functions()['Functions'])")" \
        '["shop-Hello","shop-World","shop-dev-Hello","shop-dev-World","shop-dev-unum-failures","shop-unum-failures"]'
    [ -e .unum/aws.json ] && [ -e .unum/dev.json ]
    split unum deploy --stage 'no good'
    is "$status" 2
}

@test "a bucket of one's own is used, and one that is not there is not made" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    split unum deploy -b --s3-bucket my-own-artifacts
    is "$status" 1
    has "$stderr" "there is no bucket my-own-artifacts"
    aws_sees "client('s3').create_bucket(Bucket='my-own-artifacts', CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'})" >/dev/null
    split unum deploy -b --s3-bucket my-own-artifacts --yes
    is "$status" 0
    is "$(aws_sees "len(client('s3').list_objects_v2(Bucket='my-own-artifacts')['Contents'])")" 4
}

@test "what is missing or wrong is said before anything is changed" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    split unum deploy
    is "$status" 1
    has "$stderr" "build first: unum deploy -b"
    split unum deploy -b --parameter broken
    is "$status" 2
    split env -u AWS_REGION -u AWS_DEFAULT_REGION unum deploy -b
    is "$status" 1
    has "$stderr" "region"
    split env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY unum deploy -b
    is "$status" 4
    split env AWS_ENDPOINT_URL=http://127.0.0.1:9 AWS_MAX_ATTEMPTS=1 unum deploy -b
    is "$status" 1
    is "$(aws_sees "client('cloudformation').describe_stacks()['Stacks']")" "[]"
}
