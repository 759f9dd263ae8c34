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

@test "equal inputs give equal bytes" {
    unum -q init app
    unum -q -C app build
    cp app/.unum/build/World.zip first.zip
    unum -q -C app build -c
    cmp first.zip app/.unum/build/World.zip
}

@test "a missing folder is named" {
    unum -q init app
    rm -r app/World
    split unum -C app build
    [ "$status" != 0 ]
    has "$stderr" "World"
}
