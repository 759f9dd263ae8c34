# A function as AWS runs it: its Runtime API over HTTP, the services over TLS. Both are one Python
# program here, whose certificate no Amazon root vouches for.
load e2e.bash

eval "e2e_$(declare -f setup)"
eval "e2e_$(declare -f teardown)"

setup() {
    e2e_setup
    forget_account
}

teardown() {
    [ -z "${function:-}" ] || kill "$function" || true
    [ -z "${aws:-}" ] || kill "$aws" || true
    e2e_teardown
}

start_aws() {
    need openssl
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-root \
        -addext basicConstraints=critical,CA:TRUE -keyout root.key -out root.pem 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key \
        -out server.csr 2>/dev/null
    printf 'subjectAltName=DNS:localhost\n' >names
    openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -CAcreateserial -days 1 -extfile names \
        -out server.pem 2>/dev/null
    cat >aws.py <<'PY'
import http.server, json, os, ssl, threading, time

class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

class Runtime(Quiet):
    given = 0
    def do_GET(self):
        Runtime.given += 1
        if Runtime.given > 1:
            open("idle", "w").close()
            time.sleep(600)
        self.answer(200, '"in"', Lambda_Runtime_Aws_Request_Id="r-1",
                    Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 20000),
                    Lambda_Runtime_Invoked_Function_Arn="arn:aws-us-gov:lambda:us-gov-west-1:1:function:app-Hello",
                    Lambda_Runtime_Trace_Id="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    def do_POST(self):
        with open("ended", "a") as f: f.write(self.path + " " + self.body() + "\n")
        self.answer(202, "")

class Services(Quiet):
    def do_POST(self):
        h = self.headers
        call = {"path": self.path, "target": h.get("X-Amz-Target", ""), "body": self.body(),
                "trace": h.get("X-Amzn-Trace-Id", ""), "token": h.get("X-Amz-Security-Token", "").replace("Hush", "the"),
                "scope": h.get("Authorization", "").split("Credential=")[-1].split(",")[0]}
        with open("calls", "a") as f: f.write(json.dumps(call) + "\n")
        operation = call["target"].split(".")[-1]
        if not operation:
            self.answer(202, "")
        else:
            self.answer(200, json.dumps({"BatchGetItem": {"Responses": {}, "UnprocessedKeys": {}},
                                         "UpdateItem": {"Attributes": {}}}.get(operation, {})))

class Many(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *args): open("refused", "a").write("x\n")

def serve(handler, context=None):
    server = Many(("127.0.0.1", 0), handler)
    if context: server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port

tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("server.pem", "server.key")
open("ports.new", "w").write("%d %d\n" % (serve(Runtime), serve(Services, tls)))
os.rename("ports.new", "ports")
time.sleep(600)
PY
    python3 aws.py 3>&- 2>aws.log &
    aws=$!
    local i
    for ((i = 0; i < 400; i++)); do [ -e ports ] && break; sleep 0.05; done
    read -r api services <ports
}

# start_function [NAME=VALUE...]: Hello of the starter as Lambda starts it.
start_function() {
    unum -q init app
    unum -q -C app build
    (
        cd app/.unum/build/Hello || exit 1
        exec env "$@" AWS_LAMBDA_RUNTIME_API="127.0.0.1:$api" AWS_REGION=us-gov-west-1 LAMBDA_TASK_ROOT="$PWD" \
            AWS_LAMBDA_FUNCTION_NAME=app-Hello AWS_LAMBDA_FUNCTION_VERSION='$LATEST' AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128 \
            AWS_ACCESS_KEY_ID=ASIAROLE AWS_SECRET_ACCESS_KEY=Hush-role AWS_SESSION_TOKEN=Hush-session \
            AWS_ENDPOINT_URL="https://localhost:$services" UNUM_APP=app FAAS_PLATFORM=aws UNUM_RETENTION=604800 \
            UNUM_INTERMEDIARY_DATASTORE_TYPE=dynamodb UNUM_INTERMEDIARY_DATASTORE_NAME=app-table CHECKPOINT=true \
            GC=false UNUM_DEBUG=true UNUM_MAX_INLINE_WAIT=60 ./bootstrap
    ) >function.out 2>function.err 3>&- &
    function=$!
    local i
    for ((i = 0; i < 400; i++)); do
        if [ -e idle ] || ! kill -0 "$function" 2>/dev/null; then break; fi
        sleep 0.05
    done
    [ -z "${UNUM_RECORDS:-}" ] || cat function.out function.err >>"$UNUM_RECORDS/deployed.function.out"
}

@test "a function calls the services over TLS, with its role, its region and its trace" {
    start_aws
    start_function AWS_CA_BUNDLE="$WORK/root.pem"
    has "$(cat ended)" /runtime/invocation/r-1/response
    is "$(grep -c '' ended)" 1
    local calls
    calls="[$(paste -sd, calls)]"
    has "$(json "$calls" '[c["target"] for c in v]')" DynamoDB_20120810.
    has "$(json "$calls" '[c["path"] for c in v]')" /functions/app-World/invocations
    is "$(json "$calls" 'sorted({c["scope"].split("/", 2)[0] + "/" + c["scope"].split("/", 2)[2] for c in v})')" \
        '["ASIAROLE/us-gov-west-1/dynamodb/aws4_request","ASIAROLE/us-gov-west-1/lambda/aws4_request"]'
    is "$(json "$calls" 'sorted({c["token"] for c in v})')" '["the-session"]'
    is "$(json "$calls" 'sorted({c["trace"] for c in v})')" \
        '["Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"]'
    hasnt "$(cat function.out function.err)" Hush
}

@test "a function trusts Amazon's roots and nobody else's" {
    start_aws
    start_function
    [ ! -e calls ]
    has "$(cat ended)" /runtime/invocation/r-1/error
    has "$(cat ended)" certificate
    hasnt "$(cat ended function.out function.err)" Hush
}

@test "roots that cannot be read end the function at its start" {
    start_aws
    start_function AWS_CA_BUNDLE="$WORK/absent.pem"
    has "$(cat ended)" /runtime/init/error
    has "$(cat ended)" absent.pem
    [ ! -e calls ]
}
