load e2e.bash

@test "without a verb the journey is shown" {
    split unum
    is "$status" 0
    has "$stdout" "unum init shop"
    has "$stdout" "unum run"
}

@test "--help lists every verb that --output json lists" {
    split unum help --output json
    verbs=$(json "$stdout" '" ".join(sorted({x["name"].split()[0] for x in v["result"]}))')
    split unum --help
    is "$status" 0
    for verb in $verbs; do
        has "$stdout" "
  $verb "
    done
}

@test "help goes to standard output, fits 80 columns and begins with what the verb is" {
    for verb in "" $(unum __complete verb) "local start" "local stop"; do
        # shellcheck disable=SC2086
        split unum help $verb
        is "$status" 0
        is "$stderr" ""
        is "$(printf '%s\n' "$stdout" | awk 'length > 80' )" ""
        # shellcheck disable=SC2086
        split unum $verb --help
        is "$status" 0
        is "$(printf '%s\n' "$stdout" | awk 'length > 80' )" ""
    done
}

@test "examples come first, options after them, exit status last" {
    split unum run --help
    [[ $(head -1 .stdout) == "unum run: "* ]]
    [[ $(sed -n 2p .stdout) == "Usage: unum run [OPTIONS]"* ]]
    at() { grep -n "^$1" .stdout | head -1 | cut -d: -f1; }
    [ "$(at Examples:)" -lt "$(at "Common options:")" ]
    [ "$(at "Common options:")" -lt "$(at "More options:")" ]
    [ "$(at "More options:")" -lt "$(at "Exit status:")" ]
}

@test "help is asked for before anything else is checked" {
    split unum completion --help
    is "$status" 0
    split unum build -h
    is "$status" 0
}

@test "help of something that is not there" {
    split unum help frobnicate
    is "$status" 2
    split unum help local frobnicate
    is "$status" 2
    split unum help run frobnicate
    is "$status" 2
}
