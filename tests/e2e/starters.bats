load e2e.bash

# Every starter: copied, built, run; the result is the one it promises.

check() { # NAME
    unum -q init --template "$1" app
    split unum -C app run -d @events/event.json
    if [ "$status" != 0 ]; then
        printf '%s\n' "$stderr" >&2
        unum -C app logs --local -v >&2
        return 1
    fi
    is "$(json "$stdout" v)" "$(json "$(cat app/expected.json)" v)"
}

@test "hello-world" {
    check hello-world
    is "$stdout" '"Hello world!"'
}

@test "map" {
    check map
}

@test "parallel" {
    check parallel
}

@test "text-processing" {
    check text-processing
}

@test "the functions of hello-world have at most 15 lines" {
    for file in "$UNUM_PREFIX"/share/unum/templates/hello-world/*/main.c; do
        [ "$(wc -l <"$file")" -le 15 ]
    done
}
