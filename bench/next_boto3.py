#!/usr/bin/env python3
"""What a function in Python does before its first invocation: AWS clients, then GET next."""
import http.client
import os

import boto3

boto3.client("dynamodb")
boto3.client("lambda")
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("GET", "/2018-06-01/runtime/invocation/next")
connection.getresponse()
