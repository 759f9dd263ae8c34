load e2e.bash

# An empty platform, as a deployment finds it, and AWS's own clients.
start_empty() {
    need python3
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
    forget_account
    unum -q init shop --template hello-world
    cd shop
    eval "$(unum -q local start --empty --background)"
    export HOME=$PWD AWS_EC2_METADATA_DISABLED=true
}

sees() { # EXPRESSION with `s3`
    python3 -c 'import boto3, sys, json, hashlib
from botocore.config import Config
from botocore.exceptions import ClientError
s3 = boto3.client("s3")
v4 = boto3.client("s3", config=Config(signature_version="s3v4"))
def error(call, **args):
    try:
        call(**args)
    except ClientError as e:
        return e.response["Error"]["Code"]
r = eval(sys.argv[1])
print(r if isinstance(r, str) else json.dumps(r, default=str, separators=(",", ":")))' "$1"
}

@test "boto3 makes, fills, lists and empties a bucket" {
    start_empty
    is "$(sees 's3.create_bucket(Bucket="art")["Location"]')" /art
    is "$(sees 'error(s3.create_bucket, Bucket="art")')" BucketAlreadyOwnedByYou
    is "$(sees 'error(s3.create_bucket, Bucket="Not.A..Name")')" InvalidBucketName
    is "$(sees 's3.head_bucket(Bucket="art")["ResponseMetadata"]["HTTPStatusCode"]')" 200
    is "$(sees 'error(s3.head_bucket, Bucket="nobody")')" 404
    is "$(sees 's3.get_bucket_location(Bucket="art")["LocationConstraint"]')" null
    sees '[s3.put_object(Bucket="art", Key="a/%03d <&> é" % i, Body=b"x" * i)["ETag"] for i in range(30)]' >/dev/null
    is "$(sees '[p["KeyCount"] for p in s3.get_paginator("list_objects_v2").paginate(Bucket="art", Prefix="a/0", PaginationConfig={"PageSize": 12})]')" "[12,12,6]"
    is "$(sees 'sorted(o["Key"] for o in s3.list_objects_v2(Bucket="art")["Contents"])[7]')" "a/007 <&> é"
    is "$(sees 's3.head_object(Bucket="art", Key="a/009 <&> é")["ContentLength"]')" 9
    is "$(sees 's3.get_object(Bucket="art", Key="a/009 <&> é", Range="bytes=2-4")["Body"].read().decode()')" xxx
    is "$(sees 's3.get_object(Bucket="art", Key="a/009 <&> é", Range="bytes=-4")["ContentRange"]')" "bytes 5-8/9"
    is "$(sees 'error(s3.get_object, Bucket="art", Key="a/009 <&> é", Range="bytes=9-")')" InvalidRange
    is "$(sees 'error(s3.get_object, Bucket="art", Key="no")')" NoSuchKey
    is "$(sees 'error(s3.delete_bucket, Bucket="art")')" BucketNotEmpty
    is "$(sees 'len(s3.delete_objects(Bucket="art", Delete={"Objects": [{"Key": o["Key"]} for o in s3.list_objects_v2(Bucket="art")["Contents"]]})["Deleted"])')" 30
    is "$(sees 's3.delete_object(Bucket="art", Key="gone")["ResponseMetadata"]["HTTPStatusCode"]')" 204
    is "$(sees 's3.delete_bucket(Bucket="art")["ResponseMetadata"]["HTTPStatusCode"]')" 204
}

@test "what must not be overwritten or damaged is not" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    is "$(sees 's3.put_object(Bucket="art", Key="k", Body=b"one", IfNoneMatch="*")["ResponseMetadata"]["HTTPStatusCode"]')" 200
    is "$(sees 'error(s3.put_object, Bucket="art", Key="k", Body=b"two", IfNoneMatch="*")')" PreconditionFailed
    is "$(sees 'error(s3.put_object, Bucket="art", Key="k", Body=b"two", ChecksumSHA256="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")')" BadDigest
    is "$(sees 's3.get_object(Bucket="art", Key="k")["Body"].read().decode()')" one
    is "$(sees 'error(s3.put_object, Bucket="art", Key="k", Body=b"x", ExpectedBucketOwner="111111111111")')" AccessDenied
    is "$(sees 'error(s3.head_bucket, Bucket="foreign-art")')" 403
    is "$(sees 'error(s3.put_object, Bucket="art", Key="k" * 1025, Body=b"x")')" KeyTooLongError
    is "$(sees 'error(s3.put_object_acl, Bucket="art", Key="k", ACL="private")')" NotImplemented
    is "$(AWS_SECRET_ACCESS_KEY=wrong sees 'error(s3.list_objects_v2, Bucket="art")')" SignatureDoesNotMatch
}

@test "large objects go in parts and come back whole" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    head -c 20000000 /dev/urandom >big
    is "$(sees 's3.upload_file("big", "art", "big")')" null
    is "$(sees 'hashlib.sha256(s3.get_object(Bucket="art", Key="big")["Body"].read()).hexdigest()')" "$(sha256sum big | cut -d' ' -f1)"
    is "$(sees 's3.download_file("art", "big", "back")')" null
    cmp big back
    local id
    id=$(sees 's3.create_multipart_upload(Bucket="art", Key="left")["UploadId"]')
    sees "s3.upload_part(Bucket='art', Key='left', UploadId='$id', PartNumber=1, Body=b'x')" >/dev/null
    is "$(sees '[u["Key"] for u in s3.list_multipart_uploads(Bucket="art")["Uploads"]]')" '["left"]'
    is "$(sees "error(s3.complete_multipart_upload, Bucket='art', Key='left', UploadId='$id', MultipartUpload={'Parts': [{'PartNumber': 2, 'ETag': 'x'}]})")" InvalidPart
    is "$(sees "s3.abort_multipart_upload(Bucket='art', Key='left', UploadId='$id')['ResponseMetadata']['HTTPStatusCode']")" 204
    is "$(sees "error(s3.upload_part, Bucket='art', Key='left', UploadId='$id', PartNumber=1, Body=b'x')")" NoSuchUpload
    is "$(sees 's3.list_multipart_uploads(Bucket="art").get("Uploads")')" null
}

@test "what is configured for a bucket is kept" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    is "$(sees 's3.get_bucket_versioning(Bucket="art").get("Status")')" null
    sees 's3.put_bucket_versioning(Bucket="art", VersioningConfiguration={"Status": "Enabled"})' >/dev/null
    is "$(sees 's3.get_bucket_versioning(Bucket="art")["Status"]')" Enabled
    is "$(sees 'error(s3.get_bucket_policy, Bucket="art")')" NoSuchBucketPolicy
    sees 's3.put_bucket_policy(Bucket="art", Policy="{\"Statement\":[]}")' >/dev/null
    is "$(sees 's3.get_bucket_policy(Bucket="art")["Policy"]')" '{"Statement":[]}'
    sees 's3.delete_bucket_policy(Bucket="art")' >/dev/null
    is "$(sees 'error(s3.get_bucket_policy, Bucket="art")')" NoSuchBucketPolicy
    is "$(sees 'error(s3.get_bucket_policy, Bucket="none")')" NoSuchBucket
    is "$(sees 's3.delete_bucket(Bucket="art")["ResponseMetadata"]["HTTPStatusCode"]')" 204
}

@test "objects survive a restart" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    sees 's3.put_object(Bucket="art", Key="k", Body=b"kept")' >/dev/null
    unum -q local stop
    eval "$(unum -q local start --empty --background)"
    is "$(sees 's3.get_object(Bucket="art", Key="k")["Body"].read().decode()')" kept
}

@test "STS says whose keys they are" {
    start_empty
    is "$(python3 -c 'import boto3; print(boto3.client("sts").get_caller_identity()["Account"])')" 000000000000
    split unum whoami --output json
    is "$(json "$stdout" 'v["result"]["account"]')" 000000000000
}

@test "signed URLs work, until somebody changes them or their time is over" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    local url
    url=$(sees 's3.generate_presigned_url("put_object", {"Bucket": "art", "Key": "a b/é"})')
    has "$(curl -s "$url")" "Please use AWS4-HMAC-SHA256"
    url=$(sees 'v4.generate_presigned_url("put_object", {"Bucket": "art", "Key": "a b/é"})')
    printf "through a URL" >body
    curl -sf -T body "$url"
    url=$(sees 'v4.generate_presigned_url("get_object", {"Bucket": "art", "Key": "a b/é", "ResponseContentType": "text/x"})')
    is "$(curl -sf "$url")" "through a URL"
    is "$(curl -s -o /dev/null -w '%{content_type}' "$url")" text/x
    has "$(curl -s "${url/text/list}")" SignatureDoesNotMatch
    has "$(curl -s -X DELETE "$url")" SignatureDoesNotMatch
    url=$(sees 'v4.generate_presigned_url("get_object", {"Bucket": "art", "Key": "a b/é"}, ExpiresIn=1)')
    sleep 2.1
    has "$(curl -s "$url")" "Request has expired"
}

@test "checksums of every kind are kept, checked and given back" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    is "$(sees '[s3.put_object(Bucket="art", Key=k, Body=b"123456789", ChecksumAlgorithm=k)["Checksum" + k] for k in ("CRC32", "SHA1", "SHA256")]')" \
        '["y/Q5Jg==","98O8HYCOBHMq32eZZczDTKeuNEE=","FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="]'
    is "$(sees 's3.get_object(Bucket="art", Key="CRC32", ChecksumMode="ENABLED")["ChecksumCRC32"]')" y/Q5Jg==
    is "$(sees 's3.get_object(Bucket="art", Key="CRC32", ChecksumMode="ENABLED")["Body"].read().decode()')" 123456789
    head -c 9000000 /dev/urandom >big
    sees '[s3.upload_file("big", "art", "big" + k, ExtraArgs={"ChecksumAlgorithm": k}) for k in ("CRC32", "SHA256")]' >/dev/null
    is "$(sees '[s3.head_object(Bucket="art", Key="big" + k, ChecksumMode="ENABLED").get("Checksum" + k, "")[-2:] for k in ("CRC32", "SHA256")]')" '["-2","-2"]'
    is "$(sees 's3.head_object(Bucket="art", Key="bigCRC32")["ETag"][-3:]')" '-2"'
    is "$(sees 'hashlib.sha256(s3.get_object(Bucket="art", Key="bigCRC32", ChecksumMode="ENABLED")["Body"].read()).hexdigest()')" "$(sha256sum big | cut -d' ' -f1)"
}

@test "buckets are hosts below localhost, too" {
    start_empty
    sees 's3.create_bucket(Bucket="art")' >/dev/null
    local port=${AWS_ENDPOINT_URL##*:} url
    printf "by name" >body
    url=$(AWS_ENDPOINT_URL=http://localhost:$port python3 -c '
import boto3
from botocore.config import Config
s3 = boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
print(s3.generate_presigned_url("put_object", {"Bucket": "art", "Key": "k"}))')
    has "$url" "http://art.localhost:$port/k"
    curl -sf --resolve "art.localhost:$port:127.0.0.1" -T body "$url"
    is "$(sees 's3.get_object(Bucket="art", Key="k")["Body"].read().decode()')" "by name"
}
