load e2e.bash
load moto.bash

@test "everything that was made goes, and nothing else" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    unum -q deploy -b --yes
    unum -q deploy -b --yes --stage dev
    aws_sees "client('s3').put_object(Bucket='unum-managed-123456789012-eu-west-1', Key='unum/other/x.zip', Body=b'x')" >/dev/null
    split unum delete
    is "$status" 2
    has "$stderr" "--yes"
    split unum delete --yes --output json
    is "$status" 0
    is "$(json "$stdout" '[v["result"]["stack"], v["result"]["table"], v["result"]["objects"]]')" "[true,false,4]"
    is "$(aws_sees "sorted(f['FunctionName'] for f in client('lambda').list_functions()['Functions'])")" \
        '["shop-dev-Hello","shop-dev-World","shop-dev-unum-failures"]'
    is "$(aws_sees "sorted({o['Key'].split('/')[1] for o in client('s3').list_objects_v2(Bucket='unum-managed-123456789012-eu-west-1')['Contents']})")" \
        '["other","shop-dev"]'
    [ ! -e .unum/aws.json ]
    split unum delete --yes
    is "$status" 0
    has "$stdout" "there was no stack"
}

@test "records of runs go only when asked" {
    start_moto
    unum -q init shop --template hello-world
    cd shop
    unum -q deploy -b --yes
    split unum delete --yes --purge
    is "$status" 0
    is "$(aws_sees "client('dynamodb').list_tables()['TableNames']")" "[]"
}
