/*
 * The function of tests that know what every Task answers: one program for all Tasks of all
 * machines. The file UNUM_TEST_TASKS says which states there are and what they answer:
 *     {"nodes": {node: state}, "answers": [{"state", "attempt", "input", "always", "output" |
 *     "error" and "cause" | "wrap" | "hang"}]}
 * The first answer that fits is taken: of the state; to the attempt and the input it names, if it
 * names them. Answers to another input are taken when there is none to this one. Those without
 * "always" are used up: the file UNUM_TEST_TASKS.used has a byte for each. A Task without an answer
 * gives its input. "wrap": NAME gives {NAME: input}, "hang" never answers.
 * Every execution appends a line with its state and instance to the file UNUM_TEST_EXECUTIONS.
 */
#include <unum/runtime.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- equal values have equal texts ---- */

struct member {
    char *key, *value;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->key, ((const struct member *)b)->key);
}

static void put_normal(unum_context *ctx, struct unum_json value, FILE *out);

static char *normal(unum_context *ctx, struct unum_json value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    put_normal(ctx, value, out);
    fclose(out);
    return text;
}

static void put_object(unum_context *ctx, struct unum_json value, FILE *out)
{
    size_t count = unum_count(value);
    size_t i = 0;
    struct member *members = unum_memory(ctx, (count + 1) * sizeof(*members));
    struct unum_iterator it = unum_each(value);
    for (; unum_next(&it) && i < count; i++)
        members[i] = (struct member){normal(ctx, it.key), normal(ctx, it.value)};
    qsort(members, i, sizeof(*members), by_key);
    fputc('{', out);
    for (size_t j = 0; j < i; j++) {
        fprintf(out, "%s:%s,", members[j].key, members[j].value);
        free(members[j].key);
        free(members[j].value);
    }
    fputc('}', out);
}

/* Strings that hold a list or an object in JSON count as what they hold. */
static void put_text(unum_context *ctx, struct unum_json value, FILE *out)
{
    size_t size = 0;
    const char *text = unum_string_sized(ctx, value, &size);
    struct unum_json inner = {NULL, 0};
    if (size && (text[0] == '{' || text[0] == '['))
        inner = unum_parse(text, size);
    if (unum_type(inner) != UNUM_JSON_NONE) {
        put_normal(ctx, inner, out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < size; i++)
        fprintf(out, text[i] == '"' || text[i] == '\\' || !text[i] ? "\\%02x" : "%c", text[i]);
    fputc('"', out);
}

static void put_normal(unum_context *ctx, struct unum_json value, FILE *out)
{
    struct unum_iterator it = unum_each(value);
    switch (unum_type(value)) {
    case UNUM_JSON_OBJECT:
        put_object(ctx, value, out);
        break;
    case UNUM_JSON_ARRAY:
        fputc('[', out);
        while (unum_next(&it)) {
            put_normal(ctx, it.value, out);
            fputc(',', out);
        }
        fputc(']', out);
        break;
    case UNUM_JSON_STRING:
        put_text(ctx, value, out);
        break;
    case UNUM_JSON_NUMBER:
        fprintf(out, "%.17g", unum_double(value, 0));
        break;
    default:
        fwrite(value.data, 1, value.size, out);
    }
}

static int same(unum_context *ctx, struct unum_json a, struct unum_json b)
{
    char *left = normal(ctx, a);
    char *right = normal(ctx, b);
    int equal = strcmp(left, right) == 0;
    free(left);
    free(right);
    return equal;
}

/* ---- the table ---- */

static struct unum_json member(unum_context *ctx, struct unum_json object, const char *key)
{
    struct unum_iterator it = unum_each(object);
    while (unum_next(&it)) {
        const char *name = unum_string(ctx, it.key);
        if (name && strcmp(name, key) == 0)
            return it.value;
    }
    return (struct unum_json){NULL, 0};
}

static int has(unum_context *ctx, struct unum_json object, const char *key)
{
    return unum_type(member(ctx, object, key)) != UNUM_JSON_NONE;
}

static struct unum_json read_table(unum_context *ctx)
{
    struct stat st;
    int fd = open(getenv("UNUM_TEST_TASKS"), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        abort();
    char *text = unum_memory(ctx, (size_t)st.st_size + 1);
    if (read(fd, text, (size_t)st.st_size) != st.st_size)
        abort();
    close(fd);
    return unum_parse(text, (size_t)st.st_size);
}

static int fits(unum_context *ctx, struct unum_json answer, const char *state,
                struct unum_json input, int any_input)
{
    const char *of = unum_string(ctx, member(ctx, answer, "state"));
    struct unum_json wanted = member(ctx, answer, "input");
    int64_t attempt = unum_int(member(ctx, answer, "attempt"), -1);
    if (!of || strcmp(of, state) != 0 || (attempt >= 0 && attempt != unum_attempt(ctx)))
        return 0;
    if (unum_type(wanted) == UNUM_JSON_NONE)
        return 1;
    /* Those that can be taken again say what they are for. */
    return any_input ? !has(ctx, answer, "always") : same(ctx, wanted, input);
}

/* One answer; marked as used with the file locked. */
static struct unum_json find_answer(unum_context *ctx, struct unum_json answers, const char *state,
                                    struct unum_json input)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s.used", getenv("UNUM_TEST_TASKS"));
    int used = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct unum_json found = {NULL, 0};
    if (used < 0 || flock(used, LOCK_EX) != 0)
        abort();
    for (int any_input = 0; any_input < 2 && !found.data; any_input++) {
        struct unum_iterator it = unum_each(answers);
        for (off_t i = 0; unum_next(&it) && !found.data; i++) {
            char mark = 0;
            if ((pread(used, &mark, 1, i) == 1 && mark == '1') ||
                !fits(ctx, it.value, state, input, any_input))
                continue;
            found = it.value;
            if (!has(ctx, found, "always") && pwrite(used, "1", 1, i) != 1)
                abort();
        }
    }
    close(used);
    return found;
}

static void note_execution(unum_context *ctx, const char *state)
{
    const char *path = getenv("UNUM_TEST_EXECUTIONS");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd < 0)
        abort();
    dprintf(fd, "%s\t%s\n", state, unum_instance(ctx));
    close(fd);
}

int unum_handler(unum_context *ctx, struct unum_json input)
{
    struct unum_json table = read_table(ctx);
    const char *state =
        unum_string(ctx, member(ctx, member(ctx, table, "nodes"), unum_function(ctx)));
    if (!state)
        return unum_fail(ctx, "Test.NoSuchState", "%s", unum_function(ctx));
    note_execution(ctx, state);
    struct unum_json answer = find_answer(ctx, member(ctx, table, "answers"), state, input);
    const char *error = unum_string(ctx, member(ctx, answer, "error"));
    const char *cause = unum_string(ctx, member(ctx, answer, "cause"));
    const char *wrap = unum_string(ctx, member(ctx, answer, "wrap"));
    if (has(ctx, answer, "hang"))
        pause();
    if (error)
        return unum_fail(ctx, error, "%s", cause ? cause : "");
    if (has(ctx, answer, "output"))
        return unum_answer_json(ctx, member(ctx, answer, "output"));
    if (!wrap)
        return unum_answer_json(ctx, input);
    unum_object(ctx);
    unum_key(ctx, wrap);
    unum_put_json(ctx, input);
    unum_end(ctx);
    return unum_answer_written(ctx);
}
