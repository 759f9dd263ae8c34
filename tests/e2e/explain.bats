load e2e.bash

@test "a code is explained, however it is written" {
    for code in E0101 e0101 UNUM-E0101; do
        split unum explain $code
        is "$status" 0
        has "$stdout" "E0101 (error): malformed JSON"
    done
}

@test "all codes are listed, each once, in order within their letter" {
    split unum explain
    is "$status" 0
    is "$(cut -d' ' -f1 .stdout | sort | uniq -d)" ""
    has "$stdout" "E0102"
    split unum explain --output json
    is "$(json "$stdout" 'len(v["result"])')" "$(unum explain | wc -l)"
}

@test "an unknown code suggests one" {
    split unum explain E01O1
    is "$status" 2
    has "$stderr" "did you mean E0101?"
}
