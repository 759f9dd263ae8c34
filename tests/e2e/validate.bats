load e2e.bash

@test "a valid application says so and writes nothing" {
    unum -q init app
    split unum -C app validate
    is "$status" 0
    has "$stdout" "app is valid: 2 functions"
    has "$stdout" "starts with Hello"
    [ ! -e app/.unum ]
    split unum -C app validate -q
    is "$stdout$stderr" ""
}

@test "mistakes are shown with place, line, caret and help, all at once" {
    unum -q init app
    sed -i 's/"Next": "World"/"Next": "Wrold"/; s/"Type": "Task", "Resource": "World"/"Typ": "Task", "Resource": "World"/' \
        app/unum-step-functions.json
    split unum -C app validate
    is "$status" 7
    is "$stdout" ""
    has "$stderr" "unum-step-functions.json:5:"
    has "$stderr" "unum-step-functions.json:6:"
    has "$stderr" "error[E0"
    has "$stderr" "^"
    has "$stderr" "World"
    has "$stderr" "unum: error: validation failed"
}

@test "the template is checked as well" {
    unum -q init app
    sed -i 's/MemorySize/MemorySiez/' app/unum-template.yaml
    split unum -C app validate
    is "$status" 7
    has "$stderr" "unum-template.yaml:8:3: error["
    has "$stderr" "MemorySize"
}

@test "diagnostics are part of the envelope" {
    unum -q init app
    sed -i 's/"Next": "World"/"Next": "Wrold"/' app/unum-step-functions.json
    split unum -C app validate --output json
    is "$status" 7
    is "$stderr" ""
    is "$(json "$stdout" 'v["error"]["code"]')" INVALID_FILE
    is "$(json "$stdout" 'v["error"]["diagnostics"][0]["line"]')" 5
    is "$(json "$stdout" 'v["error"]["diagnostics"][0]["path"].split("/")[-1]')" unum-step-functions.json
}

@test "every code that is printed can be explained" {
    unum -q init app
    echo '{"StartAt": "A", "States": {"A": {"Type": "Tusk"}, }}' >app/unum-step-functions.json
    split unum -C app validate
    is "$status" 7
    for code in $(grep -o 'E0[0-9]*' .stderr | sort -u); do
        unum explain "$code" >/dev/null
    done
}

@test "another definition can be checked, from any folder" {
    unum -q init app
    echo '{"StartAt":"Only","States":{"Only":{"Type":"Task","Resource":"Hello","End":true}}}' >one.json
    split unum validate -t app/unum-template.yaml -w one.json
    is "$status" 0
    split unum validate -t app/unum-template.yaml -w none.json
    is "$status" 1
    has "$stderr" "none.json"
}

@test "the template is found from a folder below" {
    unum -q init app
    split unum -C app/Hello validate
    is "$status" 0
}

@test "the result as JSON" {
    unum -q init app
    split unum -C app validate --output json
    is "$(json "$stdout" 'v["result"]["functions"]')" 2
    is "$(json "$stdout" 'v["result"]["entry"]')" Hello
}

# An application whose machine is right but needs what cannot be run yet.
branching() {
    unum -q init app
    cat >app/unum-step-functions.json <<'EOF'
{"StartAt": "Hello", "States": {
  "Hello": {"Type": "Task", "Resource": "Hello", "Next": "Enough"},
  "Enough": {"Type": "Choice", "Default": "World",
    "Choices": [{"Variable": "$.n", "NumericGreaterThan": 3, "Next": "Done"}]},
  "World": {"Type": "Task", "Resource": "World", "Next": "Done"},
  "Done": {"Type": "Succeed"}
}}
EOF
}

@test "validate judges the language, compile what can be run" {
    branching
    split unum -C app validate
    is "$status" 0
    split unum -C app validate --output json
    is "$(json "$stdout" 'v["result"]["functions"]')" 2
}

@test "SARIF has rules, places and levels" {
    unum -q init app
    sed -i 's/"Next": "World"/"Next": "Wrold"/' app/unum-step-functions.json
    split unum -C app validate --output sarif
    is "$status" 7
    is "$stderr" ""
    is "$(json "$stdout" 'v["version"]')" 2.1.0
    run='v["runs"][0]'
    is "$(json "$stdout" "$run"'["results"][0]["ruleId"]')" E0405
    is "$(json "$stdout" "$run"'["results"][0]["level"]')" error
    is "$(json "$stdout" "$run"'["tool"]["driver"]["rules"][0]["id"]')" E0405
    place="$run"'["results"][0]["locations"][0]["physicalLocation"]'
    is "$(json "$stdout" "$place"'["region"]["startLine"]')" 5
    is "$(json "$stdout" "$place"'["artifactLocation"]["uri"].split("/")[-1]')" unum-step-functions.json
    is "$(json "$stdout" "$run"'["invocations"][0]["executionSuccessful"]')" true
}

@test "SARIF of what is right, of a missing file, and of another verb" {
    unum -q init app
    split unum -C app validate --output sarif
    is "$status" 0
    is "$(json "$stdout" 'v["runs"][0]["results"]')" "[]"
    split unum -C app compile --output sarif
    is "$(json "$stdout" 'v["runs"][0]["results"]')" "[]"
    split unum -C app validate -w none.json --output sarif
    is "$status" 1
    is "$(json "$stdout" 'v["runs"][0]["invocations"][0]["executionSuccessful"]')" false
    split unum version --output sarif
    is "$status" 2
    has "$stderr" "does not check files"
}

@test "the size of a state machine has a limit that can be raised" {
    unum -q init app
    python3 - app/unum-step-functions.json <<'EOF'
import json, sys
machine = json.load(open(sys.argv[1]))
machine["Comment"] = "x" * 1100000
json.dump(machine, open(sys.argv[1], "w"))
EOF
    split unum -C app validate
    is "$status" 1
    has "$stderr" "larger than 1048576 bytes"
    has "$stderr" "--max-definition"
    split unum -C app validate --max-definition 2000000
    is "$status" 0
    UNUM_MAX_DEFINITION=2000000 unum -q -C app compile
}
