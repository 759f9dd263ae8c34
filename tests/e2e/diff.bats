load e2e.bash

# Every pair in tests/golden/diff gives exactly the text beside it. UNUM_UPDATE_GOLDEN=1 rewrites.
@test "pairs of machines" {
    local case wrong=0 count=0
    for case in "$UNUM_SOURCE"/tests/golden/diff/*/; do
        cd "$case"
        split unum diff -v old.json new.json
        is "$status" 0
        is "$stderr" ""
        if [ -n "${UNUM_UPDATE_GOLDEN:-}" ]; then
            printf '%s\n' "$stdout" >expected.txt
        elif ! printf '%s\n' "$stdout" | diff -u expected.txt - >&2; then
            wrong=$((wrong + 1))
        fi
        count=$((count + 1))
    done
    [ "$count" -ge 31 ]
    is "$wrong" 0
}

@test "with itself nothing differs, whatever it is read from" {
    unum -q init app
    unum -q -C app compile
    cd app
    split unum diff unum-step-functions.json --exit-code
    is "$status" 0
    has "$stdout" "no change"
    local side
    for side in .unum/ir .unum/ir/unum-failures/unum_config.json unum-template.yaml . -; do
        split sh -c "unum diff $side . --exit-code --check <unum-step-functions.json"
        is "$stderr" ""
        is "$status" 0
        has "$stdout" "no change"
    done
}

@test "exit status" {
    cd "$UNUM_SOURCE/tests/golden/diff/retry"
    split unum diff old.json new.json
    is "$status" 0
    split unum diff old.json new.json --check
    is "$status" 0
    split unum diff old.json new.json --exit-code
    is "$status" 1
    has "$stderr" "functions differ"
    cd ../ends
    split unum diff old.json new.json --check
    is "$status" 5
    has "$stdout" "not safe"
    has "$stderr" "would not survive"
}

@test "as JSON" {
    cd "$UNUM_SOURCE/tests/golden/diff/ends"
    split unum diff old.json new.json --output json
    is "$(json "$stdout" 'v["result"]["equal"]')" false
    is "$(json "$stdout" 'v["result"]["inFlight"]["verdict"]')" unsafe
    is "$(json "$stdout" 'v["result"]["inFlight"]["findings"][0]["rule"]')" ends
    is "$(json "$stdout" '[f["deployment"] for f in v["result"]["functions"] if f["node"] == "Mail"]')" '["new"]'
    split unum diff old.json new.json --output json --check
    is "$status" 5
    is "$(json "$stdout" 'v["result"]["inFlight"]["verdict"]')" unsafe
    is "$(json "$stdout" 'v["error"]["code"]')" CONFLICT
}

@test "colours only where they are wanted" {
    cd "$UNUM_SOURCE/tests/golden/diff/ends"
    split unum diff old.json new.json --color always
    has "$stdout" $'\e['
    split unum diff old.json new.json
    hasnt "$stdout" $'\e['
}

@test "what cannot be compared" {
    echo '{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"F","End":true}}}' >good.json
    split unum diff good.json missing.json
    is "$status" 1
    has "$stderr" "missing.json"
    split unum diff - - <good.json
    is "$status" 2
    split unum diff good.json
    is "$status" 1
    has "$stderr" "unum init"
    echo '{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"F","Next":"B"}}}' >bad.json
    split unum diff good.json bad.json
    is "$status" 7
    has "$stderr" "bad.json:1:"
    has "$stderr" "E0405"
    echo '[1]' >list.json
    split unum diff list.json good.json
    is "$status" 1
    has "$stderr" "no state machine"
    printf '{"Name":"A","Next":{"Name":' >half.json
    split unum diff half.json good.json
    is "$status" 7
    mkdir empty
    split unum diff empty good.json
    is "$status" 1
    python3 -c 'import json; m = json.load(open("good.json")); m["Comment"] = "x" * 2000000; print(json.dumps(m))' >large.json
    split unum diff large.json good.json
    is "$status" 1
    has "$stderr" "--max-definition"
    split unum --max-definition 4000000 diff large.json good.json
    is "$status" 0
}

@test "a template gives names, and another one its settings" {
    unum -q init app
    cp -r app other
    python3 - other/unum-step-functions.json <<'EOF'
import json, sys
m = json.load(open(sys.argv[1]))
m["States"]["Hello"]["Next"] = "Again"
m["States"]["Again"] = {"Type": "Task", "Resource": "World", "Next": "World"}
json.dump(m, open(sys.argv[1], "w"))
EOF
    split unum diff app other
    is "$status" 0
    has "$stdout" "+ World--Again: new function"
    has "$stdout" "with the code of World"
    has "$stdout" "- World: removed"
    has "$stdout" "function-gone"
}
