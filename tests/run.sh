#!/bin/sh
# All tests:
#   sh tests/run.sh [--fast]
# Installs what the tests need (on Debian, as root), builds with the address and undefined-behaviour
# sanitizers, and runs everything. The last line counts; what was skipped is named above it.
# --fast leaves out what is labelled slow, and bats.
set -eu
cd "$(dirname "$0")/.."

packages="gcc g++ make cmake ninja-build pkg-config libcjson-dev libyaml-dev libcurl4-openssl-dev
libzip-dev libssl-dev libexpat1-dev libsqlite3-dev libevent-dev libc-ares-dev libcmocka-dev bats
python3-minimal procps iproute2 mandoc shellcheck openssl"
optional="python3-boto3 awscli"

select=""
[ "${1:-}" = --fast ] && select="-LE slow|e2e"

installed() {
    dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'
}

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    missing=
    for package in $packages; do installed "$package" || missing="$missing $package"; done
    [ -n "${UNUM_NO_CLIENTS:-}" ] ||
        for package in $optional; do installed "$package" || missing="$missing $package"; done
    if [ -n "$missing" ]; then
        echo "run.sh: installing$missing"
        apt-get update -qq
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    fi
fi

[ -e build/dev/build.ninja ] || cmake --preset dev >/dev/null
cmake --build build/dev
results=$PWD/build/dev/results.xml
rm -f "$results"
failed=0
# shellcheck disable=SC2086
ctest --test-dir build/dev -j "$(nproc)" --output-on-failure --timeout 900 \
    --output-junit "$results" $select || failed=1

# One ctest entry is one test; a case that skipped itself inside a program is counted beside it.
awk '
    /<testcase / {
        if (reason != "") skip[++skipped] = name ": " reason
        reason = ""
        name = $0; sub(/.* name="/, "", name); sub(/".*/, "", name)
        notrun = 0
        if ($0 ~ /status="fail"/) bad[++failed] = name
        else if ($0 ~ /status="(notrun|disabled)"/) { skip[++skipped] = name ": not run"; notrun = 1 }
        else passed++
    }
    /(^|>)skipped: / {
        reason = $0; sub(/^.*skipped: /, "", reason)
        if (notrun) { skip[skipped] = name ": " reason; reason = "" }
    }
    /^ok [0-9]+ .*# skip/ { sub(/^ok [0-9]+ /, ""); skip[++skipped] = name ": " $0 }
    /^\[  SKIPPED \] [a-zA-Z_0-9]+$/ && !seen[name $NF]++ {
        skip[++skipped] = name ": " $NF (reason != "" ? ": " reason : "")
        reason = ""
    }
    END {
        for (i = 1; i <= skipped; i++) print "skipped: " skip[i]
        for (i = 1; i <= failed; i++) print "failed: " bad[i]
        printf "passed %d, failed %d, skipped %d\n", passed, failed, skipped
        exit failed > 0 || passed == 0
    }
' "$results" || failed=1
exit $failed
