load e2e.bash

@test "a wrong verb is named and the nearest one suggested" {
    split unum biuld
    is "$status" 2
    is "$stdout" ""
    has "$stderr" 'unum: error: there is no verb "biuld"'
    has "$stderr" 'help: did you mean `unum build`?'
}

@test "a wrong second word is looked for among the verb's own" {
    split unum local strat
    is "$status" 2
    has "$stderr" '`unum local start`'
}

@test "a verb of two words needs the second" {
    split unum local
    is "$status" 2
    has "$stderr" 'needs a verb'
}

@test "an unknown option suggests the nearest" {
    split unum build --sanitise
    is "$status" 2
    has "$stderr" 'unknown option "--sanitise"'
    has "$stderr" 'did you mean "--sanitize"?'
}

@test "names of options are not abbreviated" {
    split unum build --sanit
    is "$status" 2
}

@test "an unknown letter points to the help of the verb" {
    split unum version -Z
    is "$status" 2
    has "$stderr" 'unknown option "-Z"'
    has "$stderr" 'unum version --help'
}

@test "a missing value is told with its placeholder" {
    split unum build --jobs
    is "$status" 2
    has "$stderr" 'option "--jobs" needs a value: --jobs N'
}

@test "numbers have a range" {
    for bad in 0 257 -1 x 1x "" 99999999999999999999; do
        split unum build --jobs "$bad"
        is "$status" 2
        has "$stderr" "from 1 to 256"
    done
}

@test "durations need a unit" {
    for bad in 10 x 1y -1s 1.2.3s; do
        split unum run --timeout "$bad"
        is "$status" 2
        has "$stderr" "is not a duration"
    done
}

@test "choices suggest the nearest, or list all" {
    split unum build -p awz
    has "$stderr" 'did you mean "aws"?'
    split unum build --platform=gcloud
    is "$status" 2
    has "$stderr" 'choose one of: aws'
}

@test "a flag takes no value and knows its negation" {
    split unum init --list=yes
    is "$status" 2
    has "$stderr" 'takes no value'
    split unum init --list --no-list --name '9'
    is "$status" 2
    has "$stderr" 'cannot be the name'
}

@test "all forms of a value mean the same" {
    for form in "--output json" "--output=json"; do
        # shellcheck disable=SC2086
        split unum $form version
        is "$(json "$stdout" 'v["command"]')" version
        # shellcheck disable=SC2086
        split unum version $form
        is "$(json "$stdout" 'v["command"]')" version
    done
    mkdir sub
    for form in "-C sub" "-Csub" "--directory=sub" "-qC sub"; do
        # shellcheck disable=SC2086
        split unum $form init
        is "$status" 0
        [ -e sub/unum-template.yaml ]
        rm -rf sub && mkdir sub
    done
}

@test "options may follow operands and -- ends them" {
    split unum explain E0101 --output json
    is "$(json "$stdout" 'v["result"]["code"]')" E0101
    split unum explain -- --output
    is "$status" 2
    has "$stderr" 'there is no code "--output"'
}

@test "operands are counted" {
    split unum completion
    is "$status" 2
    has "$stderr" "SHELL is missing"
    split unum completion bash zsh
    is "$status" 2
    has "$stderr" 'unexpected operand "zsh"'
    split unum completion ksh
    is "$status" 2
    has "$stderr" "SHELL cannot be"
}

@test "the environment sets options, the command line wins, bad values name the variable" {
    UNUM_OUTPUT=json split unum version
    is "$(json "$stdout" 'v["ok"]')" true
    UNUM_OUTPUT=json split unum version --output text
    has "$stdout" "unum "
    hasnt "$stdout" "{"
    UNUM_OUTPUT=xml split unum version
    is "$status" 2
    has "$stderr" "UNUM_OUTPUT"
    UNUM_JOBS=none split unum build
    is "$status" 2
    has "$stderr" "UNUM_JOBS"
}

@test "a folder that is not there is an error" {
    split unum -C nowhere init
    is "$status" 1
    has "$stderr" "nowhere"
}

@test "verbs that need an application say how to get one" {
    for verb in validate compile build run "local start" "local stop"; do
        # shellcheck disable=SC2086
        split unum $verb
        is "$status" 1
        has "$stderr" "there is no unum-template.yaml"
        has "$stderr" "unum init"
    done
}

@test "the program answers to its other name" {
    ln -s "$UNUM" unum-cli
    split ./unum-cli version
    is "$status" 0
    split ./unum-cli nothing
    has "$stderr" "unum-cli: error:"
}
