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

# A bare chroot: the address sanitizer and some tests read /proc.
if [ ! -e /proc/self ] && [ "$(id -u)" = 0 ] && mount -t proc proc /proc; then
    trap 'umount /proc' EXIT
fi

[ -e build/dev/build.ninja ] || cmake --preset dev >/dev/null
cmake --build build/dev
results=$PWD/build/dev/results.xml
rm -f "$results"
failed=0
# shellcheck disable=SC2086
ctest --test-dir build/dev -j "$(nproc)" --output-on-failure --timeout 900 \
    --test-output-size-passed 100000 --output-junit "$results" $select </dev/null || failed=1
# Once more over the whole: what was printed behind the search in the middle, and the report.
[ -n "$select" ] || sh tests/check_secrets --whole build/dev/tests/records \
    build/dev/Testing/Temporary/LastTest.log "$results" || failed=1
sh tests/count_results "$results" || failed=1
exit $failed
