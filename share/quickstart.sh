#!/bin/sh
# From a bare Debian 12 to two workflows that have run on this machine:
#   sh share/quickstart.sh
# Installs what is missing with apt (as root, or through sudo), builds the program into
# build/release, and runs the starters hello-world and text-processing.
set -eu
cd "$(dirname "$0")/.."

packages="gcc libc6-dev cmake ninja-build pkg-config libcjson-dev libyaml-dev libcurl4-openssl-dev
libzip-dev libssl-dev libexpat1-dev libsqlite3-dev libevent-dev libc-ares-dev"

missing=
for package in $packages g++; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    echo "quickstart: installing$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

echo "quickstart: building the program"
[ -e build/release/build.ninja ] || cmake --preset release -DUNUM_TESTS=OFF >/dev/null
cmake --build build/release >/dev/null
unum=$PWD/build/release/prefix/bin/unum
"$unum" version

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for starter in hello-world text-processing; do
    echo "quickstart: $starter"
    "$unum" init -q --template "$starter" "$work/$starter"
    "$unum" -C "$work/$starter" run -d @events/event.json
done
echo "quickstart: done. The program is $unum"
