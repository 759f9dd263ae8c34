# One deployment from its first byte to its last, against AWS's services as moto imitates them.
load e2e.bash
load moto.bash

bucket=unum-managed-123456789012-eu-west-1
nodes="Hello World unum-failures"

stack() { # MEMBER: of the described stack
    aws_sees "client('cloudformation').describe_stacks(StackName='shop')['Stacks'][0]$1"
}

# Every function runs its local zip, which lies in the bucket under its hash: byte for byte.
same_code() {
    local node sum
    for node in $nodes; do
        sum=$(sha256sum ".unum/build/$node.zip" | cut -d' ' -f1)
        aws_sees "client('s3').download_file('$bucket', 'unum/shop/$sum.zip', 'object.zip')" >/dev/null
        cmp object.zip ".unum/build/$node.zip"
        is "$(aws_sees "base64.b64decode(client('lambda').get_function(FunctionName='shop-$node')['Configuration']['CodeSha256']).hex()")" "$sum"
    done
}

objects() { aws_sees "len(client('s3').list_objects_v2(Bucket='$bucket', Prefix='unum/shop/').get('Contents', []))"; }
code_id() { aws_sees "client('lambda').get_function(FunctionName='shop-$1')['Configuration']['CodeSha256']"; }

@test "bucket, upload, change set, deploy, no changes, changed deploy, sync, describe, delete" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    is "$(aws_sees "client('s3').list_buckets()['Buckets']")" "[]"

    # The change set in words, not executed: nothing is made for it.
    split unum deploy -b --dry-run
    is "$status" 0
    has "$stderr" "+   HelloFunction (Lambda function)"
    has "$stdout" "not made; 3 of 3 bundles to upload"
    is "$(aws_sees "client('s3').list_buckets()['Buckets']")" "[]"
    is "$(aws_sees "client('lambda').list_functions()['Functions']")" "[]"

    # Deployed: the bucket, private and with versions; the bundles; the functions.
    split unum deploy --yes --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["changed"], v["result"]["uploaded"]]')" "[true,3]"
    is "$(aws_sees "[b['Name'] for b in client('s3').list_buckets()['Buckets']]")" "[\"$bucket\"]"
    # moto makes a template's bucket without them.
    is "$(aws_sees "[w in str(client('cloudformation').get_template(StackName='unum-managed')['TemplateBody']) for w in ('VersioningConfiguration', 'BlockPublicAcls', 'aws:SecureTransport')]")" "[true,true,true]"
    local uploaded
    uploaded=$(objects)
    [ "$uploaded" -ge 3 ]
    is "$(stack "['StackStatus']")" CREATE_COMPLETE
    same_code

    # Again: no changes is success, and leaves no change set behind.
    split unum deploy -b --yes
    is "$status" 0
    has "$stdout" "no changes"
    is "$(stack "['StackStatus']")" CREATE_COMPLETE
    is "$(aws_sees "[c['ExecutionStatus'] for c in client('cloudformation').list_change_sets(StackName='shop')['Summaries'] if c['ExecutionStatus'] == 'AVAILABLE']")" "[]"

    # One function changes: one bundle goes up, the others stay as they are.
    local hello world
    hello=$(code_id Hello)
    world=$(code_id World)
    sed -i 's/world/planet/' World/main.c
    split unum deploy -b --yes --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["changed"], v["result"]["uploaded"]]')" "[true,1]"
    has "$stderr" "WorldFunction (Lambda function)"
    hasnt "$stderr" "HelloFunction (Lambda function)"
    is "$(stack "['StackStatus']")" UPDATE_COMPLETE
    is "$(code_id Hello)" "$hello"
    [ "$(code_id World)" != "$world" ]
    same_code

    # Swapped behind the stack's back, which doctor tells; a deployment makes it the stack's.
    sed -i 's/planet/moon/' World/main.c
    split unum sync -b --yes --output json
    is "$status" 0
    is "$(json "$stdout" '[f["function"] for f in v["result"]["functions"] if f["changed"]]')" '["shop-World"]'
    same_code
    split unum doctor
    has "$stdout" "shop: UPDATE_COMPLETE"
    has "$stdout" "all 3 are active"
    has "$stdout" "by \`unum sync\` or by hand: shop-World"
    split unum deploy --yes
    is "$status" 0
    has "$stdout" "0 of 3 bundles uploaded"
    split unum doctor
    has "$stdout" "all functions run the code the stack names"
    same_code

    # The functions of moto do not run; what they would have recorded is read.
    aws_sees "client('dynamodb').put_item(TableName='shop-unum-intermediate-datastore', Item={'Name': {'S': 'shop/mine/run'}, 'V': {'N': '1'}, 'Nonce': {'S': 'n'}, 'Expires': {'N': '9999999999'}, 'InputHash': {'S': 'h'}, 'Status': {'S': 'SUCCEEDED'}, 'Started': {'N': '1767225600000'}, 'Ended': {'N': '1767225601000'}, 'Output': {'S': '42'}})" >/dev/null
    split unum status mine
    is "$status" 0
    has "$stdout" SUCCEEDED
    has "$stdout" 42

    # Everything goes but the shared bucket and the records; of those only when asked.
    split unum delete --yes --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["stack"], v["result"]["table"]]')" "[true,false]"
    is "$(aws_sees "client('lambda').list_functions()['Functions']")" "[]"
    is "$(aws_sees "[r['RoleName'] for r in client('iam').list_roles()['Roles'] if r['RoleName'].startswith('shop')]")" "[]"
    is "$(objects)" 0
    is "$(aws_sees "client('dynamodb').list_tables()['TableNames']")" '["shop-unum-intermediate-datastore"]'
    is "$(aws_sees "[b['Name'] for b in client('s3').list_buckets()['Buckets']]")" "[\"$bucket\"]"
    split unum status mine
    is "$status" 0
    split unum delete --yes --purge
    is "$status" 0
    is "$(aws_sees "client('dynamodb').list_tables()['TableNames']")" "[]"
}
