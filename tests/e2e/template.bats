load e2e.bash

@test "a template is written beside the application" {
    unum -q init app
    split unum -C app template
    is "$status" 0
    is "$stdout" ""
    grep -q AWSTemplateFormatVersion app/template.yaml
    grep -q 'app-World' app/template.yaml
}

@test "it can be looked at, and is the same every time" {
    unum -q init app
    unum -C app template -o - >first
    unum -C app template -o - >second
    cmp first second
    [ ! -e app/template.yaml ]
    split unum -C app template -o - --output json
    has "$(json "$stdout" 'v["result"]["template"]')" AWSTemplateFormatVersion
}

@test "the options of unum-cli mean what they meant" {
    unum -q init app && cd app
    unum template -p aws -t unum-template.yaml
    [ -e template.yaml ]
    unum template -c
    [ ! -e template.yaml ]
    split unum template -c
    is "$status" 0
    split unum build -g -p aws -t unum-template.yaml -s other.yaml
    is "$status" 0
    [ -e other.yaml ]
}

@test "a wrong application gives none" {
    unum -q init app
    echo '{}' >app/unum-step-functions.json
    split unum -C app template
    is "$status" 7
    [ ! -e app/template.yaml ]
}
