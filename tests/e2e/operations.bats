# The operations that the local platform has, each asked for by AWS's own clients.
load e2e.bash

start() {
    unum -q init app
    eval "$(unum -q -C app local start --empty --background --real-time --latency change=200ms)"
    unset AWS_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true AWS_PAGER= AWS_MAX_ATTEMPTS=1
    "$(dirname "$UNUM_PREFIX")/tests/conformance/local_operations" >table
    printf '#!/bin/sh\nexit 1\n' >bootstrap
    chmod +x bootstrap
    python3 -c 'import zipfile; zipfile.ZipFile("f.zip", "w").write("bootstrap")'
}

cases() { # CLIENT
    need python3
    python3 -c "import $1" 2>/dev/null || skip "$1 not installed"
    start
    split python3 "$UNUM_SOURCE/tests/e2e/operations.py" "$@" table f.zip
    [ "$status" = 0 ] || { printf '%s\n' "$stdout" "$stderr" >&2; return 1; }
    has "$stdout" ", 0 failures"
}

@test "boto3 accepts the answer of every operation" {
    cases boto3
}

@test "AWS CLI accepts the answer of every operation" {
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
    cases awscli
}

@test "an operation without a case, or a case without an operation, is noticed" {
    need python3
    python3 -c 'import boto3' 2>/dev/null || skip "boto3 not installed"
    start
    grep -v "	GetObject	" table >less
    printf "lambda\tjson\tInvented\t-\n" >>less
    split python3 "$UNUM_SOURCE/tests/e2e/operations.py" boto3 less f.zip
    is "$status" 1
    has "$stdout" "s3 GetObject is not in the table"
    has "$stdout" "no case: lambda Invented"
}
