load e2e.bash

# one CODE FILE: an application of one function whose source is standard input.
one() { # FILE
    mkdir -p app/F
    cat >app/unum-template.yaml <<'YAML'
Globals:
  ApplicationName: one
  FaaSPlatform: aws
  UnumIntermediaryDataStoreType: dynamodb
Functions:
  F: {Properties: {CodeUri: F/, Runtime: provided.al2023, Timeout: 20}}
YAML
    echo '{"Name":"F","Start":true}' >app/F/unum_config.json
    cat >"app/F/$1"
}

@test "a function in C++ with exceptions" {
    need c++
    one main.cpp <<'CPP'
#include <unum/runtime.h>

#include <stdexcept>
#include <string>

static std::string greet(unum_context *ctx, unum_json input)
{
    const char *name = unum_string(ctx, unum_at(input, "/name"));
    if (!name)
        throw std::runtime_error("no name");
    return "Hello " + std::string(name);
}

int unum_handler(unum_context *ctx, unum_json input)
{
    try {
        return unum_answer_string(ctx, "%s", greet(ctx, input).c_str());
    } catch (const std::exception &error) {
        return unum_fail(ctx, "NoName", "%s", error.what());
    }
}
CPP
    is "$(unum -q -C app run -d '{"name":"C++"}')" '"Hello C++"'
    split unum -q -C app run -d '{}'
    is "$status" 3
    has "$stderr" "NoName"
}

@test "a function with cJSON carries its library" {
    one main.c <<'C'
#include <unum/cjson.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    cJSON *tree = unum_to_cjson(input);
    if (!cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        return unum_fail(ctx, "NoObject", "the input is no object");
    }
    cJSON_AddNumberToObject(tree, "n", 42);
    return unum_answer_cjson_delete(ctx, tree);
}
C
    is "$(unum -q -C app run -d '{"a":[1,2]}')" '{"a":[1,2],"n":42}'
    unum -q -C app build
    ls app/.unum/build/F/lib/libcjson.so*
    need objdump
    newest=$(objdump -T app/.unum/build/F/bootstrap | grep -o 'GLIBC_2\.[0-9]*' | sort -t. -k2 -n | tail -1)
    [ "${newest#GLIBC_2.}" -le 34 ]
}

@test "everything a function can ask and say" {
    one main.c <<'C'
#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    unum_log(ctx, UNUM_WARN, "seen %d", 7);
    unum_log(ctx, UNUM_DEBUG, "not shown");
    unum_log_json(ctx, UNUM_INFO, "fields", unum_parse("{\"k\":[1]}", 9));
    unum_object(ctx);
    unum_key(ctx, "session");
    unum_put_string(ctx, unum_session(ctx));
    unum_key(ctx, "instance");
    unum_put_string(ctx, unum_instance(ctx));
    unum_key(ctx, "function");
    unum_put_string(ctx, unum_function(ctx));
    unum_key(ctx, "attempt");
    unum_put_int(ctx, unum_attempt(ctx));
    unum_key(ctx, "index");
    unum_put_int(ctx, unum_index(ctx, 0));
    unum_key(ctx, "time");
    unum_put_bool(ctx, unum_remaining_ms(ctx) > 1000 && unum_remaining_ms(ctx) <= 20000);
    unum_key(ctx, "half");
    unum_put_double(ctx, unum_double(unum_at(input, "/list/1"), 0) / 2);
    unum_key(ctx, "keys");
    unum_array(ctx);
    struct unum_iterator it = unum_each(input);
    while (unum_next(&it))
        unum_put_json(ctx, it.key);
    unum_end(ctx);
    unum_key(ctx, "count");
    unum_put_int(ctx, (int64_t)unum_count(unum_at(input, "/list")));
    unum_key(ctx, "text");
    unum_put_string(ctx, unum_string(ctx, unum_at(input, "/te~1xt")));
    unum_key(ctx, "big");
    unum_put_json(ctx, unum_at(input, "/big"));
    unum_end(ctx);
    return unum_answer_written(ctx);
}
C
    split unum -v -C app run --session mine -d '{"list":[1,2.5,3],"te/xt":"\u00e9\"","big":12345678901234567890.10}'
    is "$status" 0
    is "$stdout" '{"session":"mine","instance":"F","function":"F","attempt":0,"index":-1,"time":true,"half":1.25,"keys":["list","te/xt","big"],"count":3,"text":"é\"","big":12345678901234567890.10}'
}

@test "mistakes of a handler are errors with a name" {
    one main.c <<'C'
#include <unum/runtime.h>
#include <string.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *what = unum_string(ctx, input);
    if (strcmp(what, "none") == 0)
        return 0;
    if (strcmp(what, "broken") == 0)
        return unum_answer(ctx, "{\"a\":");
    if (strcmp(what, "structure") == 0) {
        unum_object(ctx);
        return unum_answer_written(ctx);
    }
    if (strcmp(what, "reserved") == 0)
        return unum_fail(ctx, "States.Timeout", "not mine");
    return unum_fail(ctx, "Mine", "100%% mine");
}
C
    expect() { # INPUT ERROR CAUSE
        split unum -C app --output json run -d "\"$1\""
        is "$status" 3
        has "$stdout$stderr" "$2"
        has "$stdout$stderr" "$3"
    }
    expect none Unum.NoAnswer "without an answer"
    expect broken Unum.InvalidJSON "not JSON"
    expect structure Unum.InvalidJSON "do not match"
    expect reserved User.States.Timeout "not mine"
    expect mine Mine "100% mine"
}

@test "a fan-out that does not fit into one invocation is handed over" {
    mkdir -p app/Open app/Work
    cat >app/unum-template.yaml <<'YAML'
Globals:
  ApplicationName: wide
  WorkflowType: step-functions
  WorkflowDefinition: unum-step-functions.json
  FaaSPlatform: aws
  UnumIntermediaryDataStoreType: dynamodb
Functions:
  Open: {Properties: {CodeUri: Open/, Runtime: provided.al2023, Timeout: 1}}
  Work: {Properties: {CodeUri: Work/, Runtime: provided.al2023}}
YAML
    cat >app/unum-step-functions.json <<'JSON'
{"StartAt": "Open", "States": {
  "Open": {"Type": "Task", "Resource": "Open", "Next": "All"},
  "All": {"Type": "Map", "End": true, "Iterator": {"StartAt": "Work", "States": {
    "Work": {"Type": "Task", "Resource": "Work", "End": true}}}}}}
JSON
    for function in Open Work; do
        cat >app/$function/main.c <<'C'
#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    return unum_answer_json(ctx, input);
}
C
    done
    python3 -c 'print(list(range(1500)))' >app/list.json
    unum -q -C app build
    # 24 batches of 64 starts, 50 ms each: 1.2 s of sending, of which 0.75 s may be used.
    split unum -C app run --latency invoke=50ms -f list.json
    is "$status" 0
    is "$(json "$stdout" 'v == list(range(1500))')" true
    has "$(unum -C app logs --local Open)" "handed over"
}
