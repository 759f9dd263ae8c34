load e2e.bash

starters() { unum init --list | cut -d' ' -f1; }

@test "starters are listed with what they are" {
    split unum init --list
    is "$status" 0
    for name in hello-world map parallel text-processing; do
        has "$stdout" "$name  "
    done
    split unum init --list --output json
    is "$(json "$stdout" 'all(x["name"] and x["summary"] for x in v["result"])')" true
}

@test "every starter is copied completely and named after its folder" {
    for name in $(starters); do
        split unum init --template "$name" "my $name"
        is "$status" 0
        is "$stdout" ""
        [ -e "my $name/unum-template.yaml" ] && [ -e "my $name/README.md" ]
        grep -q "ApplicationName: my-$name\$" "my $name/unum-template.yaml"
        is "$(diff -rq "my $name" "$UNUM_PREFIX/share/unum/templates/$name" | grep -cv unum-template.yaml)" 0
    done
}

@test "the name can be given" {
    unum init -q --name Shop2 x
    grep -q 'ApplicationName: Shop2$' x/unum-template.yaml
    split unum init --name '../x' y
    is "$status" 2
    [ ! -e y ]
}

@test "without a folder the current one is used if it is empty" {
    mkdir empty && cd empty
    split unum init
    # the harness keeps its own files one level up
    is "$status" 0
    [ -e unum-template.yaml ]
    is "$(find . -name '.unum-init-*')" ""
    split unum init
    is "$status" 1
    has "$stderr" "is not empty"
}

@test "a folder that holds anything stays as it is" {
    mkdir full && echo mine >full/.hidden
    split unum init full
    is "$status" 1
    has "$stderr" "full is not empty"
    is "$(ls -A full)" ".hidden"
    echo x >file
    split unum init file
    is "$status" 1
    is "$(cat file)" x
}

@test "folders above are made" {
    split unum init a/b/c
    is "$status" 0
    [ -e a/b/c/unum-template.yaml ]
    is "$(ls -A a/b)" c
}

@test "a folder that cannot be written leaves nothing behind" {
    [ "$(id -u)" != 0 ] || skip "root may write everywhere"
    mkdir ro && chmod 555 ro
    split unum init ro/x
    chmod 755 ro
    is "$status" 4
    is "$(ls -A ro)" ""
}

@test "an unknown starter suggests one" {
    split unum init --template helo-world x
    is "$status" 2
    has "$stderr" 'did you mean "hello-world"?'
    [ ! -e x ]
}

@test "as JSON" {
    split unum init shop --output json
    is "$(json "$stdout" 'v["result"]["application"]')" shop
}
