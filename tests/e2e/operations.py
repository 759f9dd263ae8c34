"""Every operation of the local platform once, by a client of AWS's own: `boto3` or `awscli`.

operations.py CLIENT TABLE ZIP: TABLE lists the platform's operations, a line each. Fails if an
answer is not accepted, if an operation of the table is never asked for with success, if one is
asked for that the table has not, or if a route is not the service's own.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import sys
import time
import urllib.request

import boto3
import botocore.session
from botocore import xform_name
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

CLIENT, TABLE, ZIP = sys.argv[1:4]
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
ACCOUNT = "000000000000"
CODE = open(ZIP, "rb").read()
rows = {}
for line in open(TABLE):
    service, protocol, name, route = line.rstrip("\n").split("\t")
    rows[service, name] = (protocol, route)
done = set()
failures = []


def fail(text):
    failures.append(text)
    print("failed:", text)


class Nothing(dict):
    """The answer that did not come: has every member, and none of them is anything."""

    def __missing__(self, key):
        return Nothing()


def expect(what, is_so):
    if not is_so:
        fail(what)


# ---- two clients with one face ----

clients = {}


def client(service):
    if service not in clients:
        clients[service] = boto3.client(
            service, endpoint_url=ENDPOINT,
            config=Config(retries={"max_attempts": 0}, read_timeout=60))
    return clients[service]


def by_boto3(service, name, params):
    answer = getattr(client(service), xform_name(name))(**params)
    answer.pop("ResponseMetadata", None)
    for key, value in answer.items():
        if hasattr(value, "read"):
            answer[key] = value.read()
    return answer


drivers = []

# Parameters that hold bytes, and the options that take them from a file.
BLOBS = {"Body": "--body", "Payload": "--payload", "ZipFile": "--zip-file"}


def by_awscli(service, name, params):
    if not drivers:
        from awscli.clidriver import create_clidriver
        drivers.append(create_clidriver())
    words = [{"s3": "s3api"}.get(service, service), xform_name(name, "-"), "--endpoint-url",
             ENDPOINT, "--output", "json", "--no-paginate"]
    params = dict(params)
    if name == "CreateFunction":
        params["ZipFile"] = params.pop("Code")["ZipFile"]
    for key in [k for k in params if k in BLOBS and isinstance(params[k], bytes)]:
        with open(key + ".blob", "wb") as file:
            file.write(params.pop(key))
        words += [BLOBS[key], ("" if key == "Body" else "fileb://") + key + ".blob"]
    out = "answer.blob" if name in ("GetObject", "Invoke") else None
    if out:  # with a file for the bytes of the answer there is no input as JSON
        for key, value in params.items():
            words += ["--" + xform_name(key, "-"), value]
        words.append(out)
    else:
        words += ["--cli-input-json", json.dumps(params)]
    text = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    errors = io.StringIO()
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(errors):
            status = drivers[0].main(words)
    except SystemExit as end:
        status = end.code
    text.flush()
    if status:
        raise RuntimeError(errors.getvalue().strip() or "status %s" % status)
    answer = json.loads(text.buffer.getvalue().decode() or "{}")
    if out:
        answer["Body" if name == "GetObject" else "Payload"] = open(out, "rb").read()
    return answer


def by_hand(service, name, params):
    """Operations that no AWS has."""
    body = "&".join("%s=%s" % (k, urllib.request.quote(str(v))) for k, v in
                    dict(params, Action=name, Version="2010-05-15").items())
    request = AWSRequest("POST", ENDPOINT + "/", data=body, headers={
        "Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(boto3.Session().get_credentials(), service, "us-east-1").add_auth(request)
    prepared = request.prepare()
    with urllib.request.urlopen(urllib.request.Request(
            ENDPOINT + "/", prepared.body.encode() if isinstance(prepared.body, str)
            else prepared.body, dict(prepared.headers))) as answer:
        return {"status": answer.status}


def do(service, name, **params):
    """Ask, and remember that it went well."""
    if (service, name) not in rows:
        fail("%s %s is not in the table" % (service, name))
        return Nothing()
    call = by_hand if name.startswith("Unum") else by_boto3 if CLIENT == "boto3" else by_awscli
    try:
        answer = call(service, name, params)
    except Exception as error:
        fail("%s %s: %s" % (service, name, error))
        return Nothing()
    done.add((service, name))
    return answer


def until(what, service, name, ready, **params):
    for _ in range(300):
        answer = do(service, name, **params)
        if not answer or ready(answer):
            return answer
        time.sleep(0.05)
    fail("%s never came" % what)
    return {}


# ---- routes ----

def own_route(service, name):
    model = botocore.session.get_session().get_service_model(service).operation_model(name)
    return model.http["method"], model.http["requestUri"]


def check_routes():
    for (service, name), (protocol, route) in rows.items():
        if name.startswith("Unum"):
            continue
        try:
            method, uri = own_route(service, name)
        except Exception as error:
            print("not known to this client: %s %s (%s)" % (service, name, error))
            continue
        if protocol != "rest":
            expect("%s %s has a route" % (service, name), route == "-")
            continue
        ours, theirs = re.sub(r"\?.*", "", route), re.sub(r"\?.*", "", uri)
        if service == "s3" and not theirs.startswith("/{Bucket}"):
            theirs = "/{Bucket}" + ("" if theirs == "/" else theirs)  # newer models
        if name == "ListBuckets":
            theirs = "/"
        plain = [re.sub(r"\{\w+(\+?)\}", r"{\1}", text).rstrip("/") for text in
                 (ours, "%s %s" % (method, theirs))]
        expect("the route of %s %s: %s, not %s %s" % (service, name, ours, method, theirs),
               plain[0] == plain[1])


# ---- the cases, service by service ----

def s3():
    bucket, key = "cases", "a/ü <&>+ k"
    do("s3", "CreateBucket", Bucket=bucket)
    expect("ListBuckets", bucket in [b["Name"] for b in do("s3", "ListBuckets")["Buckets"]])
    do("s3", "HeadBucket", Bucket=bucket)
    do("s3", "GetBucketLocation", Bucket=bucket)
    put = do("s3", "PutObject", Bucket=bucket, Key=key, Body=b"content", ContentType="text/x",
             Metadata={"who": "me"})
    expect("the ETag is the MD5", put["ETag"] == '"%s"' % hashlib.md5(b"content").hexdigest())
    head = do("s3", "HeadObject", Bucket=bucket, Key=key)
    expect("HeadObject", (head["ContentLength"], head["ContentType"], head["Metadata"]) ==
           (7, "text/x", {"who": "me"}))
    expect("GetObject", do("s3", "GetObject", Bucket=bucket, Key=key)["Body"] == b"content")
    expect("a range", do("s3", "GetObject", Bucket=bucket, Key=key,
                         Range="bytes=1-2")["Body"] == b"on")
    for sub in "b/1", "b/2", "c":
        do("s3", "PutObject", Bucket=bucket, Key=sub, Body=b"")
    for name in "ListObjects", "ListObjectsV2":
        answer = do("s3", name, Bucket=bucket, Delimiter="/", Prefix="")
        expect(name, [c["Key"] for c in answer["Contents"]] == ["c"] and
               [p["Prefix"] for p in answer["CommonPrefixes"]] == ["a/", "b/"])
    page = do("s3", "ListObjectsV2", Bucket=bucket, MaxKeys=1)
    expect("the first key", page["Contents"][0]["Key"] == key and page["IsTruncated"])
    page = do("s3", "ListObjectsV2", Bucket=bucket, MaxKeys=2,
              ContinuationToken=page["NextContinuationToken"])
    expect("the next keys", [c["Key"] for c in page["Contents"]] == ["b/1", "b/2"])
    settings = {
        "BucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
        "PublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "BucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [
            {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""},
             "Expiration": {"Days": 3}}]}},
        "BucketOwnershipControls": {"OwnershipControls": {"Rules": [
            {"ObjectOwnership": "BucketOwnerEnforced"}]}},
        "BucketTagging": {"Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}},
        "BucketPolicy": {"Policy": '{"Statement":[]}'},
    }
    for name, setting in settings.items():
        do("s3", "Put" + name, Bucket=bucket, **setting)
        answer, (member, given) = do("s3", "Get" + name, Bucket=bucket), list(setting.items())[0]
        expect("Get%s: %s" % (name, answer), given == answer.get(member, answer) or
               {k: answer.get(k) for k in given} == given)
        if name != "BucketVersioning":
            name = {"BucketLifecycleConfiguration": "BucketLifecycle"}.get(name, name)
            do("s3", "Delete" + name, Bucket=bucket)
    upload = do("s3", "CreateMultipartUpload", Bucket=bucket, Key="parts")["UploadId"]
    one = do("s3", "UploadPart", Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1,
             Body=b"one")
    expect("ListMultipartUploads", [u["UploadId"] for u in do(
        "s3", "ListMultipartUploads", Bucket=bucket)["Uploads"]] == [upload])
    expect("ListParts", [p["Size"] for p in do(
        "s3", "ListParts", Bucket=bucket, Key="parts", UploadId=upload)["Parts"]] == [3])
    do("s3", "CompleteMultipartUpload", Bucket=bucket, Key="parts", UploadId=upload,
       MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": one["ETag"]}]})
    upload = do("s3", "CreateMultipartUpload", Bucket=bucket, Key="left")["UploadId"]
    do("s3", "AbortMultipartUpload", Bucket=bucket, Key="left", UploadId=upload)
    do("s3", "DeleteObject", Bucket=bucket, Key=key)
    answer = do("s3", "DeleteObjects", Bucket=bucket, Delete={"Objects": [
        {"Key": k} for k in ("b/1", "b/2", "c", "parts")]})
    expect("DeleteObjects", len(answer["Deleted"]) == 4)
    do("s3", "DeleteBucket", Bucket=bucket)


TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})
ROLE = "arn:aws:iam::%s:role/cases" % ACCOUNT


def iam_and_sts():
    expect("GetCallerIdentity", do("sts", "GetCallerIdentity")["Account"] == ACCOUNT)
    do("iam", "CreateRole", RoleName="cases", AssumeRolePolicyDocument=TRUST,
       Tags=[{"Key": "a", "Value": "b"}])
    expect("GetRole", do("iam", "GetRole", RoleName="cases")["Role"]["Arn"] == ROLE)
    expect("ListRoles", "cases" in [r["RoleName"] for r in do("iam", "ListRoles")["Roles"]])
    do("iam", "UpdateAssumeRolePolicy", RoleName="cases", PolicyDocument=TRUST)
    do("iam", "TagRole", RoleName="cases", Tags=[{"Key": "c", "Value": "d"}])
    do("iam", "UntagRole", RoleName="cases", TagKeys=["a"])
    expect("ListRoleTags", do("iam", "ListRoleTags", RoleName="cases")["Tags"] ==
           [{"Key": "c", "Value": "d"}])
    do("iam", "PutRolePolicy", RoleName="cases", PolicyName="p", PolicyDocument=POLICY)
    answer = do("iam", "GetRolePolicy", RoleName="cases", PolicyName="p")
    expect("GetRolePolicy", answer["PolicyDocument"] == json.loads(POLICY))
    expect("ListRolePolicies",
           do("iam", "ListRolePolicies", RoleName="cases")["PolicyNames"] == ["p"])
    do("iam", "DeleteRolePolicy", RoleName="cases", PolicyName="p")
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    do("iam", "AttachRolePolicy", RoleName="cases", PolicyArn=managed)
    answer = do("iam", "ListAttachedRolePolicies", RoleName="cases")
    expect("ListAttachedRolePolicies",
           [p["PolicyArn"] for p in answer["AttachedPolicies"]] == [managed])
    do("iam", "DetachRolePolicy", RoleName="cases", PolicyArn=managed)
    arn = do("iam", "CreatePolicy", PolicyName="cases", PolicyDocument=POLICY)["Policy"]["Arn"]
    do("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=POLICY, SetAsDefault=True)
    version = do("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
    answer = do("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
    expect("GetPolicyVersion", answer["PolicyVersion"]["Document"] == json.loads(POLICY))
    expect("ListPolicies", arn in [p["Arn"] for p in do("iam", "ListPolicies")["Policies"]])
    do("iam", "DeletePolicy", PolicyArn=arn)
    answer = do("iam", "SimulatePrincipalPolicy", PolicySourceArn=ROLE, ActionNames=["s3:Get*"])
    expect("SimulatePrincipalPolicy",
           answer["EvaluationResults"][0]["EvalDecision"] == "allowed")
    given = do("sts", "AssumeRole", RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    as_role = boto3.client("sts", endpoint_url=ENDPOINT, aws_access_key_id=given["AccessKeyId"],
                           aws_secret_access_key=given["SecretAccessKey"],
                           aws_session_token=given["SessionToken"])
    expect("who assumed the role", as_role.get_caller_identity()["Arn"] ==
           "arn:aws:sts::%s:assumed-role/cases/me" % ACCOUNT)


def functions():
    arn = "arn:aws:lambda:us-east-1:%s:function:cases" % ACCOUNT
    made = do("lambda", "CreateFunction", FunctionName="cases", Runtime="provided.al2023",
              Role=ROLE, Handler="bootstrap", Code={"ZipFile": CODE}, Tags={"a": "b"})
    expect("a new function is pending", made["State"] == "Pending")
    until("State Active", "lambda", "GetFunctionConfiguration",
          lambda a: a["State"] == "Active" and a["LastUpdateStatus"] == "Successful",
          FunctionName="cases")
    changed = do("lambda", "UpdateFunctionConfiguration", FunctionName="cases", Timeout=9)
    expect("a change is in progress", changed["LastUpdateStatus"] == "InProgress")
    until("the end of the change", "lambda", "GetFunctionConfiguration",
          lambda a: a["LastUpdateStatus"] == "Successful", FunctionName="cases")
    do("lambda", "UpdateFunctionCode", FunctionName="cases", ZipFile=CODE)
    got = until("the new code", "lambda", "GetFunction",
                lambda a: a["Configuration"]["LastUpdateStatus"] == "Successful",
                FunctionName="cases")
    if got:
        with urllib.request.urlopen(got["Code"]["Location"]) as answer:
            expect("the code can be downloaded", answer.read() == CODE)
    expect("ListFunctions", "cases" in [f["FunctionName"] for f in
                                        do("lambda", "ListFunctions")["Functions"]])
    answer = do("lambda", "Invoke", FunctionName="cases", Payload=b"1")
    expect("Invoke", answer["StatusCode"] == 200 and "FunctionError" in answer)
    do("lambda", "PutFunctionEventInvokeConfig", FunctionName="cases", MaximumRetryAttempts=1)
    answer = do("lambda", "GetFunctionEventInvokeConfig", FunctionName="cases")
    expect("GetFunctionEventInvokeConfig", answer["MaximumRetryAttempts"] == 1)
    do("lambda", "DeleteFunctionEventInvokeConfig", FunctionName="cases")
    do("lambda", "PutFunctionConcurrency", FunctionName="cases", ReservedConcurrentExecutions=2)
    answer = do("lambda", "GetFunctionConcurrency", FunctionName="cases")
    expect("GetFunctionConcurrency", answer["ReservedConcurrentExecutions"] == 2)
    do("lambda", "DeleteFunctionConcurrency", FunctionName="cases")
    if hasattr(client("lambda"), "put_function_recursion_config"):
        do("lambda", "PutFunctionRecursionConfig", FunctionName="cases", RecursiveLoop="Allow")
        answer = do("lambda", "GetFunctionRecursionConfig", FunctionName="cases")
        expect("GetFunctionRecursionConfig", answer["RecursiveLoop"] == "Allow")
    else:
        print("not known to this client: Put- and GetFunctionRecursionConfig")
        done.update({("lambda", "PutFunctionRecursionConfig"),
                     ("lambda", "GetFunctionRecursionConfig")})
    do("lambda", "TagResource", Resource=arn, Tags={"c": "d"})
    do("lambda", "UntagResource", Resource=arn, TagKeys=["a"])
    expect("ListTags", do("lambda", "ListTags", Resource=arn)["Tags"] == {"c": "d"})


def logs():
    group = "/aws/lambda/cases"
    events = do("logs", "FilterLogEvents", logGroupName=group)["events"]
    expect("FilterLogEvents", any("REPORT" in e["message"] for e in events))
    streams = do("logs", "DescribeLogStreams", logGroupName=group)["logStreams"]
    answer = do("logs", "GetLogEvents", logGroupName=group,
                logStreamName=streams[0]["logStreamName"])
    expect("GetLogEvents", len(answer["events"]) > 0)
    do("logs", "CreateLogGroup", logGroupName="cases")
    do("logs", "PutRetentionPolicy", logGroupName="cases", retentionInDays=7)
    found = do("logs", "DescribeLogGroups", logGroupNamePrefix="cas")["logGroups"]
    expect("DescribeLogGroups", [(g["logGroupName"], g.get("retentionInDays")) for g in found] ==
           [("cases", 7)])
    do("logs", "DeleteRetentionPolicy", logGroupName="cases")
    do("logs", "DeleteLogGroup", logGroupName="cases")


def tables():
    arn = "arn:aws:dynamodb:us-east-1:%s:table/cases" % ACCOUNT
    name = {"TableName": "cases"}
    do("dynamodb", "CreateTable", **name, BillingMode="PAY_PER_REQUEST",
       AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
       KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}],
       Tags=[{"Key": "a", "Value": "b"}])
    expect("DescribeTable",
           do("dynamodb", "DescribeTable", **name)["Table"]["TableStatus"] == "ACTIVE")
    expect("ListTables", "cases" in do("dynamodb", "ListTables")["TableNames"])
    do("dynamodb", "TagResource", ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    do("dynamodb", "UntagResource", ResourceArn=arn, TagKeys=["a"])
    expect("ListTagsOfResource", do("dynamodb", "ListTagsOfResource", ResourceArn=arn)["Tags"] ==
           [{"Key": "c", "Value": "d"}])
    do("dynamodb", "UpdateTimeToLive", **name,
       TimeToLiveSpecification={"Enabled": True, "AttributeName": "Expires"})
    answer = do("dynamodb", "DescribeTimeToLive", **name)
    expect("DescribeTimeToLive",
           answer["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED")

    def item(text):
        return {"Name": {"S": text}}

    do("dynamodb", "PutItem", **name, Item=item("one"))
    do("dynamodb", "UpdateItem", **name, Key=item("one"), UpdateExpression="SET N = :n",
       ExpressionAttributeValues={":n": {"N": "1"}})
    expect("GetItem",
           do("dynamodb", "GetItem", **name, Key=item("one"))["Item"]["N"] == {"N": "1"})
    do("dynamodb", "BatchWriteItem", RequestItems={"cases": [
        {"PutRequest": {"Item": item("two")}}]})
    answer = do("dynamodb", "BatchGetItem", RequestItems={"cases": {"Keys": [
        item("one"), item("two")]}})
    expect("BatchGetItem", len(answer["Responses"]["cases"]) == 2)
    do("dynamodb", "TransactWriteItems", TransactItems=[
        {"Put": {"TableName": "cases", "Item": item("three")}}])
    answer = do("dynamodb", "TransactGetItems", TransactItems=[
        {"Get": {"TableName": "cases", "Key": item("three")}}])
    expect("TransactGetItems", answer["Responses"][0]["Item"] == item("three"))
    answer = do("dynamodb", "Query", **name, KeyConditionExpression="#n = :n",
                ExpressionAttributeNames={"#n": "Name"},
                ExpressionAttributeValues={":n": {"S": "two"}})
    expect("Query", answer["Items"] == [item("two")])
    expect("Scan", do("dynamodb", "Scan", **name)["Count"] == 3)
    do("dynamodb", "DeleteItem", **name, Key=item("one"))
    do("dynamodb", "DeleteTable", **name)


def schedules():
    target = {"Arn": "arn:aws:lambda:us-east-1:%s:function:cases" % ACCOUNT, "RoleArn": ROLE}
    more = {"Target": target, "FlexibleTimeWindow": {"Mode": "OFF"}, "GroupName": "cases"}
    do("scheduler", "CreateScheduleGroup", Name="cases")
    do("scheduler", "GetScheduleGroup", Name="cases")
    answer = do("scheduler", "ListScheduleGroups")
    expect("ListScheduleGroups", "cases" in [g["Name"] for g in answer["ScheduleGroups"]])
    do("scheduler", "CreateSchedule", Name="s", ScheduleExpression="at(2099-01-01T00:00:00)",
       **more)
    do("scheduler", "UpdateSchedule", Name="s", ScheduleExpression="at(2099-02-01T00:00:00)",
       **more)
    answer = do("scheduler", "GetSchedule", Name="s", GroupName="cases")
    expect("GetSchedule", answer["ScheduleExpression"] == "at(2099-02-01T00:00:00)")
    expect("ListSchedules", [s["Name"] for s in do("scheduler", "ListSchedules",
                                                   GroupName="cases")["Schedules"]] == ["s"])
    do("scheduler", "DeleteSchedule", Name="s", GroupName="cases")
    do("scheduler", "DeleteScheduleGroup", Name="cases")


def template(days, step_ms=0):
    return json.dumps({
        "Parameters": {"P": {"Type": "String", "Default": "x"}},
        "Resources": {"Group": {"Type": "AWS::Logs::LogGroup",
                                "Metadata": {"UnumLocal": {"StepMs": step_ms or 1}},
                                "Properties": {"LogGroupName": "stack", "RetentionInDays": days}}},
        "Outputs": {"Name": {"Value": {"Ref": "Group"}, "Export": {"Name": "cases-export"}}}})


def stacks():
    stack = {"StackName": "cases"}

    def status(wanted, name="cases"):
        until(wanted, "cloudformation", "DescribeStacks",
              lambda a: a["Stacks"][0]["StackStatus"] == wanted, StackName=name)

    def cfn(operation, **params):
        return do("cloudformation", operation, **params)

    expect("ValidateTemplate", cfn("ValidateTemplate", TemplateBody=template(7))["Parameters"])
    cfn("CreateStack", **stack, TemplateBody=template(7))
    status("CREATE_COMPLETE")
    expect("DescribeStackEvents", cfn("DescribeStackEvents", **stack)["StackEvents"])
    cfn("DescribeStackResource", **stack, LogicalResourceId="Group")
    cfn("DescribeStackResources", **stack)
    answer = cfn("ListStackResources", **stack)
    expect("ListStackResources",
           answer["StackResourceSummaries"][0]["PhysicalResourceId"] == "stack")
    expect("ListExports", [e["Name"] for e in cfn("ListExports")["Exports"]] == ["cases-export"])
    expect("ListStacks", "cases" in [s["StackName"] for s in
                                     cfn("ListStacks")["StackSummaries"]])
    expect("GetTemplate", cfn("GetTemplate", **stack)["TemplateBody"])
    cfn("GetTemplateSummary", **stack)
    cfn("CreateChangeSet", **stack, ChangeSetName="one", TemplateBody=template(14))
    until("the change set", "cloudformation", "DescribeChangeSet",
          lambda a: a["Status"] == "CREATE_COMPLETE", **stack, ChangeSetName="one")
    expect("DescribeEvents", cfn("DescribeEvents", **stack, ChangeSetName="one")
           ["OperationEvents"] == [])
    expect("ListChangeSets", len(cfn("ListChangeSets", **stack)["Summaries"]) == 1)
    cfn("ExecuteChangeSet", **stack, ChangeSetName="one")
    status("UPDATE_COMPLETE")
    cfn("CreateChangeSet", **stack, ChangeSetName="two", TemplateBody=template(30))
    cfn("DeleteChangeSet", **stack, ChangeSetName="two")
    cfn("UnumSetResourceHook", **stack, LogicalResourceId="Group", Hook='{"StepMs":60000}')
    cfn("UpdateStack", **stack, TemplateBody=template(60))
    cfn("CancelUpdateStack", **stack)
    cfn("UnumSetResourceHook", **stack, LogicalResourceId="Group", Hook="")
    status("UPDATE_ROLLBACK_COMPLETE")
    cfn("UnumSetStackStatus", **stack, StackStatus="UPDATE_ROLLBACK_FAILED")
    cfn("ContinueUpdateRollback", **stack)
    status("UPDATE_ROLLBACK_COMPLETE")
    cfn("UnumSetStackStatus", **stack, StackStatus="UPDATE_FAILED")
    cfn("RollbackStack", **stack)
    status("UPDATE_ROLLBACK_COMPLETE")
    cfn("UnumSetPage", Entries=0)
    for protected in True, False:
        cfn("UpdateTerminationProtection", **stack, EnableTerminationProtection=protected)
    cfn("DeleteStack", **stack)
    until("the end of the stack", "cloudformation", "ListStacks",
          lambda a: [s["StackStatus"] for s in a["StackSummaries"]
                     if s["StackName"] == "cases"] == ["DELETE_COMPLETE"])


def waiters():
    """What waits for a state finds it: the details that waiters look at."""
    args = {"Bucket": "cases"}
    client("s3").create_bucket(**args)
    client("s3").get_waiter("bucket_exists").wait(**args)
    client("s3").delete_bucket(**args)
    client("s3").get_waiter("bucket_not_exists").wait(**args)
    client("iam").get_waiter("role_exists").wait(RoleName="cases")
    client("lambda").get_waiter("function_active_v2").wait(FunctionName="cases")
    client("lambda").get_waiter("function_updated_v2").wait(FunctionName="cases")
    db = client("dynamodb")
    db.create_table(TableName="waited", BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "Name", "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": "Name", "KeyType": "HASH"}])
    db.get_waiter("table_exists").wait(TableName="waited")
    db.delete_table(TableName="waited")
    db.get_waiter("table_not_exists").wait(TableName="waited")


check_routes()
s3()
iam_and_sts()
functions()
logs()
tables()
schedules()
stacks()
if CLIENT == "boto3":
    waiters()
do("lambda", "DeleteFunction", FunctionName="cases")
do("iam", "DeleteRole", RoleName="cases")
for row in sorted(set(rows) - done):
    fail("no case: %s %s" % row)
print("%d operations, %d failures" % (len(rows), len(failures)))
sys.exit(1 if failures else 0)
