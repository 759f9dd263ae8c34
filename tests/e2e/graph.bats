load e2e.bash

@test "a picture in each language" {
    unum -q init app
    split unum -C app graph
    is "$status" 0
    has "$stdout" "<svg xmlns"
    has "$stdout" "Task: World"
    python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' .stdout
    split unum -C app graph -f dot
    has "$stdout" "digraph"
    split unum -C app graph -f mermaid
    has "$stdout" "flowchart TD"
}

@test "into a file, and as JSON" {
    unum -q init app
    split unum -C app graph -o machine.svg
    is "$stdout$stderr" ""
    [ -s app/machine.svg ]
    split unum -C app graph -f dot --output json
    is "$(json "$stdout" 'v["result"]["format"]')" dot
}

@test "what is wrong is said instead of drawn" {
    unum -q init app
    sed -i 's/"Next": "World"/"Next": "Wrold"/' app/unum-step-functions.json
    split unum -C app graph
    is "$status" 7
    is "$stdout" ""
    has "$stderr" "E0405"
}

@test "states that cannot be run yet are drawn all the same" {
    unum -q init app
    echo '{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Task","Resource":"Hello","End":true}}}' >m.json
    split unum graph -t app/unum-template.yaml -w m.json
    is "$status" 0
    has "$stdout" "the entry function"
}
