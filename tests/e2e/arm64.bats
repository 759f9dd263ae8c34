load e2e.bash

archive() { # skip without the function archive and what it is linked with
    case $(uname -m) in
    x86_64) ;;
    *) skip "arm64 is this machine's own" ;;
    esac
    [ -e "$UNUM_PREFIX/lib/unum/aarch64-linux-gnu/libunum_runtime.a" ] ||
        skip "gcc-aarch64-linux-gnu, libssl-dev:arm64 or libc-ares-dev:arm64 not installed"
}

@test "arm64 bundles are for arm64, whole, and the same every time" {
    archive
    need readelf
    mkdir here there
    unum -q init here/app
    unum -q init there/app
    unum -q -C here/app build --arch arm64
    UNUM_ARCH=arm64 unum -q -C there/app build -j 1
    zips=0
    for zip in here/app/.unum/build/*.zip; do
        cmp "$zip" "there/app/.unum/build/${zip##*/}"
        zips=$((zips + 1))
    done
    is "$zips" 3
    for bootstrap in here/app/.unum/build/*/bootstrap; do
        readelf -h "$bootstrap" | grep -q 'Machine: *AArch64'
        readelf -h "$bootstrap" | grep -q 'DYN (Position-Independent Executable'
        is "$(readelf -d "$bootstrap" | grep -c NEEDED)" 0
    done
}

@test "the architecture of the template is that of the bundles" {
    archive
    unum -q init app
    is "$(unum -C app template -o - --arch arm64 | grep -c -- '- arm64')" 3
    is "$(unum -C app template -o - --arch x86_64 | grep -c -- '- x86_64')" 3
    unum -q -C app build --arch arm64
    split unum -C app build --output json
    is "$(json "$stdout" 'v["result"]["built"]')" 3
}

@test "arm64 bundles run all starters under an emulator" {
    archive
    command -v qemu-aarch64-static >/dev/null || need qemu-aarch64
    for starter in hello-world map parallel text-processing; do
        unum -q init --template "$starter" "$starter"
        sed -i 's/^Globals:/&\n  Architectures: [arm64]/' "$starter/unum-template.yaml"
        split unum -C "$starter" run -d @events/event.json
        is "$status" 0
        is "$(json "$stdout" v)" "$(json "$(cat "$starter/expected.json")" v)"
        readelf -h "$starter/.unum/build/unum-failures/bootstrap" | grep -q AArch64
    done
}

# The signedness of char differs between the two.
@test "every byte of a text survives on arm64" {
    archive
    command -v qemu-aarch64-static >/dev/null || need qemu-aarch64
    mkdir -p app/F
    cat >app/unum-template.yaml <<'YAML'
Globals:
  ApplicationName: one
  FaaSPlatform: aws
  UnumIntermediaryDataStoreType: dynamodb
  Architectures: [arm64]
Functions:
  F: {Properties: {CodeUri: F/, Runtime: provided.al2023, Timeout: 20}}
YAML
    echo '{"Name":"F","Start":true}' >app/F/unum_config.json
    cat >app/F/main.c <<'C'
#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    return unum_answer_string(ctx, "%s", unum_string(ctx, input));
}
C
    for text in '"Gr\u00fc\u00dfe \ud83c\udf89 \u007f\u0080\u00ff\uffff"' '"日本語 \\\" \u0001\t\u001f"'; do
        is "$(json "$(unum -q -C app run -d "$text")" v)" "$(json "$text" v)"
    done
    split unum -C app run -d "$(printf '"\377"')"
    [ "$status" != 0 ]
}

@test "what is missing is named with the command that brings it" {
    archive
    unum -q init app
    UNUM_CC_ARM64=no-such-compiler split unum -C app build --arch arm64
    is "$status" 1
    has "$stderr" "no-such-compiler is not installed"
    mkdir empty
    UNUM_SYSROOT=$PWD/empty split unum -C app build --arch arm64
    is "$status" 1
    has "$stderr" "libssl.a"
    has "$stderr" "libssl-dev:arm64"
}
