# Loaded behind e2e.bash by tests that deploy: AWS's services as moto imitates them.

eval "e2e_$(declare -f teardown)"

teardown() {
    [ -z "${moto:-}" ] || kill "$moto"
    e2e_teardown
}

start_moto() {
    python3 -c 'import moto.server' 2>/dev/null || skip "moto not installed"
    forget_account
    moto_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    python3 -m moto.server -H 127.0.0.1 -p "$moto_port" >moto.log 2>&1 3>&- &
    moto=$!
    export AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port AWS_ACCESS_KEY_ID=AKIATESTKEY \
        AWS_SECRET_ACCESS_KEY=Hush-of-the-test-run AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 \
        UNUM_POLL=20ms HOME=$PWD AWS_EC2_METADATA_DISABLED=true
    local i
    for ((i = 0; i < 300; i++)); do
        python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' \
            "$moto_port" 2>/dev/null && return 0
        sleep 0.1
    done
    echo "moto does not answer" >&2
    return 1
}

# What boto3 sees: a Python expression with `client(service)`.
aws_sees() {
    python3 -c 'import boto3, sys, hashlib, base64, json
client = lambda name: boto3.client(name)
r = eval(sys.argv[1])
print(r if isinstance(r, str) else json.dumps(r, default=str, separators=(",", ":")))' "$1"
}
