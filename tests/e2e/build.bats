load e2e.bash

@test "bundles are made, and a second time nothing is done" {
    unum -q init app
    split unum -C app build
    is "$status" 0
    [ -x app/.unum/build/Hello/bootstrap ]
    [ -e app/.unum/build/Hello/unum_config.json ]
    [ -e app/.unum/build/World.zip ]
    split unum -C app build --output json
    is "$(json "$stdout" 'v["result"]["built"]')" 0
}

@test "only what changed is built again" {
    unum -q init app
    unum -q -C app build
    sed -i 's/world/moon/' app/World/main.c
    split unum -C app build --output json
    is "$(json "$stdout" 'v["result"]["built"]')" 1
}

@test "the user's compiler speaks, and the exit status is that of a failed function" {
    unum -q init app
    echo 'int unum_handler(void) { return nothing; }' >app/World/main.c
    split unum -C app build
    is "$status" 3
    is "$stdout" ""
    has "$stderr" "World/main.c"
    has "$stderr" "nothing"
    has "$stderr" "World"
}

@test "nothing is written into the source folders" {
    unum -q init app
    find app | sort >before
    unum -q -C app build
    find app -path app/.unum -prune -o -print | sort | diff before -
}

@test "equal inputs give equal bytes, whatever folder, umask, time zone and locale" {
    mkdir -p here some/where/else
    for starter in hello-world map parallel text-processing; do
        (
            umask 022
            cd here
            export TZ=Pacific/Kiritimati
            unum -q init --template "$starter" "$starter"
            unum -q -C "$starter" build
        )
        (
            umask 077
            cd some/where/else
            export TZ=America/New_York LC_ALL=C
            unum -q init --template "$starter" "$starter"
            unum -q -C "$starter" build -j 1
        )
        zips=0
        for zip in here/"$starter"/.unum/build/*.zip; do
            cmp "$zip" "some/where/else/$starter/.unum/build/${zip##*/}"
            zips=$((zips + 1))
        done
        [ "$zips" -ge 3 ]
    done
}

@test "bundles need nothing but the kernel" {
    need readelf
    unum -q init app
    unum -q -C app build
    for bootstrap in app/.unum/build/*/bootstrap; do
        readelf -h "$bootstrap" | grep -q 'DYN (Position-Independent Executable'
        is "$(readelf -d "$bootstrap" | grep -c NEEDED)" 0
        is "$(readelf -l "$bootstrap" | grep -c INTERP)" 0
    done
}

@test "a missing folder is named" {
    unum -q init app
    rm -r app/World
    split unum -C app build
    [ "$status" != 0 ]
    has "$stderr" "World"
}

@test "a bundle that Lambda would refuse is refused here, with the function's place" {
    unum -q init app
    truncate -s 126M app/World/one.bin app/World/two.bin
    split unum -C app build
    is "$status" 1
    has "$stderr" "unum-template.yaml:17:3: bundle of World"
    has "$stderr" "250 MB"
    has "$stderr" ".unumignore"
}
