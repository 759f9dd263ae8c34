load e2e.bash

@test "the IR of every node is written below .unum, nothing elsewhere" {
    unum -q init app
    find app | sort >before
    split unum -C app compile
    is "$status" 0
    has "$stdout" "Hello"
    has "$stdout" "World"
    is "$(json "$(cat app/.unum/ir/Hello/unum_config.json)" 'v["Name"]')" Hello
    find app -path app/.unum -prune -o -print | sort | diff before -
}

@test "equal input gives equal bytes and untouched files" {
    unum -q init app
    unum -q -C app compile
    cp -r app/.unum/ir first
    touch -d '2001-01-01' app/.unum/ir/Hello/unum_config.json
    unum -q -C app compile
    diff -r first app/.unum/ir
    is "$(stat -c %Y app/.unum/ir/Hello/unum_config.json)" "$(date -d 2001-01-01 +%s)"
}

@test "the options of unum-cli mean what they meant" {
    unum -q init app && cd app
    split unum compile -p step-functions -w unum-step-functions.json -t unum-template.yaml
    is "$status" 0
    [ -e .unum/ir/World/unum_config.json ]
}

@test "nodes that are gone lose their IR" {
    unum -q init app
    unum -q -C app compile
    echo '{"StartAt":"Only","States":{"Only":{"Type":"Task","Resource":"Hello","End":true}}}' >app/unum-step-functions.json
    unum -q -C app compile
    [ ! -e app/.unum/ir/World ]
}

@test "a wrong file writes nothing" {
    unum -q init app
    echo '{}' >app/unum-step-functions.json
    split unum -C app compile
    is "$status" 7
    [ ! -e app/.unum/ir ]
}

@test "the IR can be printed" {
    unum -q init app
    split unum -C app compile --print
    is "$status" 0
    has "$stdout" '"World"'
    [ ! -e app/.unum/ir ]
    split unum -C app compile --print --output json
    is "$(json "$stdout" 'v["result"]["nodes"][0]["ir"]["Name"]')" Hello
}

# UNUM_UPDATE_GOLDEN=1 rewrites.
@test "where states run and what that costs" {
    cd "$UNUM_SOURCE/tests/golden/explain"
    split unum -q compile --explain --elements 10
    is "$status" 0
    is "$stderr" ""
    [ -z "${UNUM_UPDATE_GOLDEN:-}" ] || printf '%s\n' "$stdout" >expected.txt
    diff -u expected.txt <(printf '%s\n' "$stdout")
    [ ! -e .unum ]
    split unum -q compile --explain --output json
    is "$(json "$stdout" '[p["node"] for s in v["result"]["states"] if s["name"] == "Label" for p in s["places"]]')" '["Price"]'
    is "$(json "$stdout" 'v["result"]["cost"]["run"]["shortest"]["invocations"]')" 2
    is "$(json "$stdout" '[c["state"] for c in v["result"]["cost"]["perElement"]]')" '["Each item"]'
    split unum compile --explain --elements -1
    is "$status" 2
}

@test "hand-written IR explains itself" {
    unum -q init app
    rm app/unum-step-functions.json
    sed -i '/Workflow/d' app/unum-template.yaml
    printf '{"Name":"Hello","Start":true,"Next":{"Name":"World","InputType":"Scalar"}}' >app/Hello/unum_config.json
    printf '{"Name":"World"}' >app/World/unum_config.json
    split unum -C app compile --explain
    is "$status" 1
    has "$stderr" "no state machine"
}
