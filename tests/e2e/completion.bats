load e2e.bash

# complete_line WORD...: what bash would offer for the last word.
complete_line() {
    bash -c 'source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        complete -p unum >/dev/null || exit 1
        _unum
        printf "%s\n" "${COMPREPLY[@]}"' bash "$WORK/unum.bash" "$@"
}

script() {
    unum completion bash >"$WORK/unum.bash"
}

@test "the bash script loads and is valid" {
    script
    bash -n unum.bash
    bash -c 'source ./unum.bash && complete -p unum && complete -p unum-cli'
}

@test "shellcheck has nothing to say about it" {
    need shellcheck
    script
    shellcheck -s bash unum.bash
}

@test "verbs are offered" {
    script
    is "$(complete_line unum ex)" "explain"
    has "$(complete_line unum '')" "run"
    is "$(complete_line unum local sto)" "stop"
    hasnt "$(complete_line unum '')" "__complete"
}

@test "options and their values are offered" {
    script
    is "$(complete_line unum build --san)" "--sanitize"
    is "$(complete_line unum --output js)" "json
jsonl"
    is "$(complete_line unum build --output = js)" "json
jsonl"
    is "$(complete_line unum build --platform a)" "aws"
    is "$(complete_line unum -C /tmp build --cl)" "--clean"
}

@test "names of starters, functions and codes are offered" {
    script
    is "$(complete_line unum init --template hello)" "hello-world"
    is "$(complete_line unum explain E0101)" "E0101"
    unum -q init app
    is "$(complete_line unum -C app invoke --function W)" "World"
}

@test "a name that is code for a shell is not run" {
    script
    unum -q init app
    mkdir app/.unum
    # shellcheck disable=SC2016
    echo '$(touch gone)' >app/.unum/sessions
    # shellcheck disable=SC2016
    is "$(complete_line unum -C app status '')" '$(touch gone)'
    [ ! -e gone ]
}

@test "outside an application nothing is offered and nothing is said" {
    split unum __complete function
    is "$status" 0
    is "$stdout$stderr" ""
    split unum __complete session
    is "$status" 0
    is "$stdout$stderr" ""
}

@test "the zsh script is valid" {
    need zsh
    unum completion zsh >_unum
    zsh -n _unum
}

@test "the fish script is valid" {
    need fish
    unum completion fish >unum.fish
    fish --no-execute unum.fish
}

@test "stages and stacks that were deployed from here" {
    unum -q init app
    mkdir -p app/.unum
    echo '{"stack":"shop"}' >app/.unum/aws.json
    echo '{"stack":"shop-test"}' >app/.unum/test.json
    echo 'nonsense' >app/.unum/broken.json
    is "$(unum -C app __complete stage)" test
    is "$(unum -C app __complete stack | sort | paste -sd,)" "shop,shop-test"
}
