# unum deploy, sync and delete by whom AWS does not know, does not trust or does not let: what
# happened, what state things are in, which command goes on.
load e2e.bash

start() {
    local name
    for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
    unum -q init shop --template hello-world
    cd shop
    split unum -q local start --empty --memory --background
    is "$status" 0 || { printf '%s\n' "$stderr" >&2; return 1; }
    eval "$stdout"
    export HOME=$WORK AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1 UNUM_POLL=20ms
    unum -q build
}

# refused STATUS TEXT VERB...: nothing is changed, and the same verb goes on.
refused() {
    local wanted=$1 text=$2
    shift 2
    split "$@"
    is "$status" "$wanted" || { printf '%s\n' "$stderr" >&2; return 1; }
    is "$stdout" ""
    has "$stderr" "$text"
    has "$stderr" "help: "
    hasnt "$stderr" Hush
}

each() { # STATUS TEXT VARIABLES...: for every verb
    local wanted=$1 text=$2 verb
    shift 2
    for verb in deploy sync delete; do
        refused "$wanted" "$text" env "$@" unum $verb --yes
        has "$stderr" "nothing is changed"
        has "$stderr" "\`unum $verb\` again goes on"
    done
}

# A shell without job control starts what is in the background deaf to Ctrl-C.
interruptible() {
    exec env --default-signal=INT "$@"
}

@test "no credentials: every place that was looked at" {
    start
    each 4 "no AWS credentials; tried" -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY
    has "$stderr" "environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
    has "$stderr" "unum whoami"
}

@test "credentials that have expired" {
    start
    each 4 "environment (AWS_ACCESS_KEY_ID): the credentials have expired" \
        AWS_CREDENTIAL_EXPIRATION=2020-01-01T00:00:00Z
}

@test "keys that nobody has, and a wrong secret" {
    start
    each 4 InvalidClientTokenId AWS_ACCESS_KEY_ID=AKIDNOBODY
    each 4 SignatureDoesNotMatch AWS_SECRET_ACCESS_KEY=HushWrong
}

@test "no region, no network" {
    start
    each 1 "no AWS region" -u AWS_REGION -u AWS_DEFAULT_REGION
    each 1 "127.0.0.1:9" AWS_ENDPOINT_URL=http://127.0.0.1:9
}

@test "a bucket of somebody else" {
    start
    refused 4 "the bucket foreign-artifacts: s3 HeadBucket: HTTP status 403" \
        unum deploy --yes --s3-bucket foreign-artifacts
    has "$stderr" "belongs to another account, or this identity may not use it"
    has "$stderr" "the stack shop is not changed"
    # Nor is anything deleted from one.
    unum -q deploy --yes
    refused 4 "the bucket foreign-artifacts: s3 ListObjectsV2: AccessDenied" \
        unum delete --yes --s3-bucket foreign-artifacts
    has "$stderr" "the stack shop is deleted, but not all of its artifacts"
    split unum delete --yes
    is "$status" 0
    has "$stdout" "4 objects deleted"
}

@test "a stage is named by the command that goes on" {
    start
    refused 1 "there is no bucket nowhere" unum deploy --yes --stage dev --s3-bucket nowhere
    has "$stderr" "the stack shop-dev is not changed; once that is mended, \`unum deploy --stage dev\` again goes on"
}

@test "Ctrl-C while functions are built: nothing is changed" {
    start
    cat >World/Makefile <<'MAKE'
all:
	@touch ../building; sleep 2
	$(CC) $(CFLAGS) -c main.c -o main.o
MAKE
    printf '\n' >>World/main.c
    (interruptible unum deploy -b --yes) >out 2>err </dev/null 3>&- &
    local pid=$! i
    for i in $(seq 200); do [ -e building ] && break; sleep 0.1; done
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    is "$status" 130 || { cat err >&2; return 1; }
    has "$(cat err)" interrupted
    has "$(cat err)" "nothing is changed; \`unum deploy\` again goes on"
    split unum status
    split unum -q deploy --yes --output json
    is "$status" 0
    is "$(json "$stdout" 'v["result"]["uploaded"]')" 3
}
