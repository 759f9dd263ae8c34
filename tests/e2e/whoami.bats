load e2e.bash

eval "e2e_$(declare -f setup)"
eval "e2e_$(declare -f teardown)"

# A person's home folder, nothing of this machine, and an STS that answers on 127.0.0.1.
setup() {
    e2e_setup
    forget_account
    export HOME=$PWD AWS_EC2_METADATA_DISABLED=true
    mkdir .aws
}

teardown() {
    [ -z "${sts:-}" ] || kill "$sts"
    e2e_teardown
}

start_sts() {
    cat >sts.py <<'PY'
import http.server, os
class Sts(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        key = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
        ok = form == "Action=GetCallerIdentity&Version=2011-06-15" and key != "AKIABAD"
        body = ("<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/%s</Arn>"
                "<UserId>ID</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>" % key
                if ok else "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>wrong key"
                "</Message></Error></ErrorResponse>").encode()
        self.send_response(200 if ok else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Sts)
open("port.new", "w").write(str(server.server_port))
os.rename("port.new", "port")
server.serve_forever()
PY
    python3 sts.py 3>&- &
    sts=$!
    for _ in $(seq 200); do [ -e port ] && break; sleep 0.05; done
    export AWS_ENDPOINT_URL_STS=http://127.0.0.1:$(cat port)
}

@test "without credentials every place is named, exit 4" {
    split unum whoami --region eu-west-1
    is "$status" 4
    is "$stdout" ""
    for word in environment "assume role" "web identity" SSO "credentials file" "login session" process \
        "config file" container "instance metadata: AWS_EC2_METADATA_DISABLED is true" "region eu-west-1"; do
        has "$stderr" "$word"
    done
}

@test "says who it is and where that comes from" {
    start_sts
    printf '[default]\nregion = eu-north-1\n' >.aws/config
    printf '[default]\naws_access_key_id = AKIAONE\naws_secret_access_key = Hush\n' >.aws/credentials
    chmod 600 .aws/credentials
    split unum whoami
    is "$status" 0
    has "$stdout" "arn:aws:iam::1:user/AKIAONE"
    has "$stdout" "eu-north-1  (profile default ($PWD/.aws/config:2))"
    has "$stdout" "AKIAONE  (profile default ($PWD/.aws/credentials))"
    has "$stdout" "(AWS_ENDPOINT_URL_STS)"
    is "$stderr" ""
    split unum whoami --output json --region us-gov-west-1 --debug
    is "$(json "$stdout" 'v["result"]["account"]')" 1
    is "$(json "$stdout" 'v["result"]["partition"]')" aws-us-gov
    is "$(json "$stdout" 'v["result"]["region"]["origin"]')" --region
    hasnt "$stdout$stderr" Hush
}

@test "keys the service does not know, exit 4" {
    start_sts
    AWS_ACCESS_KEY_ID=AKIABAD AWS_SECRET_ACCESS_KEY=Hush split unum whoami --region eu-west-1
    is "$status" 4
    has "$stderr" "InvalidClientTokenId: wrong key"
    has "$stderr" "environment (AWS_ACCESS_KEY_ID)"
    hasnt "$stderr" Hush
}

@test "a region is never assumed, a profile must be there" {
    AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=Hush split unum whoami
    is "$status" 1
    has "$stderr" "no AWS region"
    split unum whoami --profile staging
    is "$status" 4
    has "$stderr" "--profile: profile \"staging\" is neither in"
}

@test "keys others may read are warned of" {
    start_sts
    printf '[default]\naws_access_key_id = AKIAONE\naws_secret_access_key = Hush\n' >.aws/credentials
    chmod 644 .aws/credentials
    split unum whoami --region eu-west-1
    is "$status" 0
    has "$stderr" "other users may read or write it (mode 0644); chmod 600"
    split unum whoami --region eu-west-1 --quiet
    is "$stderr" ""
}
