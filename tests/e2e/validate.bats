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
