"""The three requests of a hop by boto3: prints microseconds and CPU microseconds of one hop."""
import sys
import time

import boto3
from botocore.config import Config

HOPS = 300
where = {"endpoint_url": "http://127.0.0.1:" + sys.argv[1], "region_name": "eu-central-1",
         "aws_access_key_id": "bench", "aws_secret_access_key": "bench",
         "config": Config(proxies={})}
dynamodb = boto3.client("dynamodb", **where)
functions = boto3.client("lambda", **where)
value = "v" * 1024


def hop():
    dynamodb.batch_get_item(RequestItems={"bench": {"Keys": [{"Name": {"S": "k"}}], "ConsistentRead": True}})
    dynamodb.put_item(TableName="bench", Item={"Name": {"S": "k"}, "Value": {"S": value}},
                      ConditionExpression="attribute_not_exists(#n)", ExpressionAttributeNames={"#n": "Name"})
    functions.invoke(FunctionName="bench-f", InvocationType="Event", Payload='"' + value + '"')


hop()
start, cpu = time.perf_counter(), time.process_time()
for _ in range(HOPS):
    hop()
print((time.perf_counter() - start) / HOPS * 1e6, (time.process_time() - cpu) / HOPS * 1e6)
