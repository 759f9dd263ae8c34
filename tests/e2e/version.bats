load e2e.bash

@test "one line for people" {
    split unum --version
    is "$status" 0
    [[ $stdout =~ ^unum\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    is "$(unum version)" "$stdout"
    is "$(unum build --version)" "$stdout"
}

@test "verbose tells how it was made and what it has loaded" {
    split unum --version --verbose
    has "$stdout" "compiler"
    has "$stdout" "prefix"
    has "$stdout" "libc"
}

@test "as JSON" {
    split unum version --output json
    is "unum $(json "$stdout" 'v["result"]["version"]')" "$(unum version)"
}
