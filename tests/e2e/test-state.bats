load e2e.bash

machine() {
    cat >machine.json <<'EOF'
{"StartAt":"Route","States":{
 "Route":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericGreaterThan":2,"Next":"Work"}],"Default":"Done"},
 "Work":{"Type":"Task","Resource":"Work","ResultPath":"$.r","Next":"Done",
  "Retry":[{"ErrorEquals":["Busy"],"MaxAttempts":2,"IntervalSeconds":3}],
  "Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"Done"}]},
 "Done":{"Type":"Succeed"}}}
EOF
}

@test "a choice says where it goes" {
    machine
    split unum test-state -w machine.json Route -d '{"n":3}'
    is "$status" 0
    has "$stdout" "SUCCEEDED"
    has "$stdout" "Work"
    split unum test-state -w machine.json Route -d '{"n":1}' --output json
    has "$stdout" '"nextState":"Done"'
}

@test "a mocked result goes through ResultPath, and is shown step by step" {
    machine
    split unum test-state -w machine.json Work -d '{"n":3}' -r '[1]' --inspection-level DEBUG --output json
    is "$status" 0
    has "$stdout" '"output":{"n":3,"r":[1]}'
    has "$stdout" '"afterResultPath":{"n":3,"r":[1]}'
}

@test "a mocked error is retried, then caught" {
    machine
    split unum test-state -w machine.json Work -e Busy --retry-count 1 --inspection-level TRACE --output json
    has "$stdout" '"status":"RETRIABLE"'
    has "$stdout" '"retryBackoffIntervalSeconds":6'
    split unum test-state -w machine.json Work -d '{}' -e Busy --cause late --retry-count 2 --output json
    has "$stdout" '"status":"CAUGHT_ERROR"'
    has "$stdout" '"output":{"e":{"Error":"Busy","Cause":"late"}}'
}

@test "a state without a machine, with variables" {
    split unum test-state -s '{"Type":"Pass","Parameters":{"a.$":"States.MathAdd($x,1)"},"End":true}' --variables '{"x":41}' --output json
    is "$status" 0
    has "$stdout" '"output":{"a":42}'
}

@test "what cannot be tested says why" {
    machine
    split unum test-state -w machine.json Work
    is "$status" 1
    has "$stderr" "needs a mocked result"
    split unum test-state -w machine.json Nope
    is "$status" 1
    has "$stderr" "Nope"
    split unum test-state -w machine.json
    is "$status" 2
    split unum test-state -w machine.json Route -r 1
    has "$stderr" "not supported when a mock is specified"
    split unum test-state -s '{"Type":"Pass"' 
    is "$status" 1
}
