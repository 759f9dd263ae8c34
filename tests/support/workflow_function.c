/*
 * The function of the tests of whole workflows. Every execution gives a fresh nonce, so a value
 * that a losing execution produced can be told from the recorded one wherever it turns up:
 *     {"by": instance, "nonce": random, "in": input}
 * UNUM_TEST_CODE says what else it does:
 *     list N        a list of N such objects (without "in")
 *     lists N M     a list of N lists of M such objects
 *     crash         the process ends by a signal, always
 *     exit          the process exits with status 3, always
 *     fail          answers with the error Test.Failed, always
 *     hang          never answers
 *     echo          answers its input
 *     say TEXT      a string: TEXT with "%" replaced by the input
 *     blob N        a string of N characters
 *     blobs N SIZE  a list of N strings of SIZE characters, each starting with its position
 *     count N       the list 0..N-1
 *     length        how many elements, members or characters the input has
 *     at POINTER    the part of the input
 *     label         "<instance>(<labels of the inputs without theirs>)"
 *     words PREFIX  a list of the words of the input that start with PREFIX
 *     text TEXT     TEXT as JSON, byte for byte
 *     wc-map, wc-partition, wc-reduce, wc-summary: counting words through files in UNUM_TEST_FILES
 *     iot-sum, iot-hvac: average of readings, and what follows from it
 * Every execution appends a line with its instance to the file UNUM_TEST_EXECUTIONS.
 */
#include <unum/runtime.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void put_object(unum_context *ctx, const struct unum_json *input)
{
    uint64_t nonce = 0;
    if (getrandom(&nonce, sizeof(nonce), 0) != (ssize_t)sizeof(nonce))
        abort();
    char text[24];
    snprintf(text, sizeof(text), "%016" PRIx64, nonce);
    unum_object(ctx);
    unum_key(ctx, "by");
    unum_put_string(ctx, unum_instance(ctx));
    unum_key(ctx, "nonce");
    unum_put_string(ctx, text);
    if (input) {
        unum_key(ctx, "in");
        unum_put_json(ctx, *input);
    }
    unum_end(ctx);
}

static void put_list(unum_context *ctx, int outer, int inner)
{
    unum_array(ctx);
    for (int i = 0; i < outer; i++) {
        if (inner < 0)
            put_object(ctx, NULL);
        else
            put_list(ctx, inner, -1);
    }
    unum_end(ctx);
}

static void note_execution(unum_context *ctx)
{
    const char *path = getenv("UNUM_TEST_EXECUTIONS");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
    if (fd >= 0) {
        dprintf(fd, "%s\n", unum_instance(ctx));
        close(fd);
    }
}

static int say(unum_context *ctx, const char *text, struct unum_json input)
{
    const char *mark = strchr(text, '%');
    const char *in = unum_string(ctx, input);
    if (!in)
        in = unum_text(ctx, input);
    if (!mark)
        return unum_answer_string(ctx, "%s", text);
    return unum_answer_string(ctx, "%.*s%s%s", (int)(mark - text), text, in, mark + 1);
}

static int blob(unum_context *ctx, size_t size)
{
    char *text = unum_memory(ctx, size + 3);
    text[0] = text[size + 1] = '"';
    memset(text + 1, 'x', size);
    return unum_answer_bytes(ctx, text, size + 2);
}

static int blobs(unum_context *ctx, int count, int size)
{
    char *text = unum_memory(ctx, (size_t)size + 1);
    unum_array(ctx);
    for (int i = 0; i < count; i++) {
        memset(text, 'x', (size_t)size);
        text[snprintf(text, (size_t)size, "%d:", i)] = 'x';
        unum_put_bytes(ctx, text, (size_t)size);
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

static int count(unum_context *ctx, int n)
{
    unum_array(ctx);
    for (int i = 0; i < n; i++)
        unum_put_int(ctx, i);
    unum_end(ctx);
    return unum_answer_written(ctx);
}

static int length(unum_context *ctx, struct unum_json input)
{
    size_t size = unum_count(input);
    if (unum_type(input) == UNUM_JSON_STRING)
        (void)unum_string_sized(ctx, input, &size);
    char text[24];
    return unum_answer_bytes(ctx, text, (size_t)snprintf(text, sizeof(text), "%zu", size));
}

static void add_label(unum_context *ctx, struct unum_json input, char *out, size_t size)
{
    const char *text = unum_string(ctx, input);
    if (!text)
        text = unum_text(ctx, input);
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%.*s", (int)strcspn(text, "("), text);
}

static int label(unum_context *ctx, struct unum_json input)
{
    char out[4096];
    snprintf(out, sizeof(out), "%s(", unum_instance(ctx));
    if (unum_type(input) == UNUM_JSON_ARRAY) {
        struct unum_iterator it = unum_each(input);
        for (int i = 0; unum_next(&it); i++) {
            strncat(out, i ? "," : "", sizeof(out) - strlen(out) - 1);
            add_label(ctx, it.value, out, sizeof(out));
        }
    } else {
        add_label(ctx, input, out, sizeof(out));
    }
    return unum_answer_string(ctx, "%s)", out);
}

static int words(unum_context *ctx, const char *prefix, struct unum_json input)
{
    const char *text = unum_string(ctx, input);
    unum_array(ctx);
    while (text && *text) {
        size_t size = strcspn(text, " ");
        if (strncmp(text, prefix, strlen(prefix)) == 0)
            unum_put_bytes(ctx, text, size);
        text += size + (text[size] == ' ');
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

/* ---- counting words: a file "<reducer> <word> <instance> <n>" per word ---- */

#define REDUCERS 3

static int wc_map(unum_context *ctx, struct unum_json input)
{
    const char *text = unum_string(ctx, input);
    for (int n = 0; text && *text; n++) {
        size_t size = strcspn(text, " ");
        unsigned hash = 5381;
        for (size_t i = 0; i < size; i++)
            hash = hash * 33 + (unsigned char)text[i];
        char path[1024];
        snprintf(path, sizeof(path), "%s/%u %.*s %s %d", getenv("UNUM_TEST_FILES"), hash % REDUCERS,
                 (int)size, text, unum_instance(ctx), n);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            return unum_fail(ctx, "Test.NoFile", "%s", path);
        close(fd);
        text += size + (text[size] == ' ');
    }
    return unum_answer(ctx, "{\"numReducer\":3}");
}

static int file_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int wc_partition(unum_context *ctx)
{
    struct dirent **files;
    int found = scandir(getenv("UNUM_TEST_FILES"), &files, no_dots, file_order);
    int last = -1;
    unum_array(ctx);
    for (int i = 0; i < found; i++) {
        if (atoi(files[i]->d_name) != last)
            unum_put_int(ctx, last = atoi(files[i]->d_name));
        free(files[i]);
    }
    unum_end(ctx);
    free(files);
    return unum_answer_written(ctx);
}

static int wc_reduce(unum_context *ctx, struct unum_json input)
{
    struct dirent **files;
    int found = scandir(getenv("UNUM_TEST_FILES"), &files, no_dots, file_order);
    char word[256] = "";
    int seen = 0;
    unum_object(ctx);
    for (int i = 0; i < found; i++) {
        int reducer = -1;
        char this[256] = "";
        if (sscanf(files[i]->d_name, "%d %255s", &reducer, this) == 2 &&
            reducer == unum_int(input, -1)) {
            if (seen && strcmp(word, this) != 0) {
                unum_key(ctx, word);
                unum_put_int(ctx, seen);
                seen = 0;
            }
            strcpy(word, this);
            seen++;
        }
        free(files[i]);
    }
    free(files);
    if (seen) {
        unum_key(ctx, word);
        unum_put_int(ctx, seen);
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

static int wc_summary(unum_context *ctx, struct unum_json input)
{
    struct unum_iterator maps = unum_each(input);
    unum_object(ctx);
    while (unum_next(&maps)) {
        struct unum_iterator words_of = unum_each(maps.value);
        while (unum_next(&words_of)) {
            unum_key(ctx, unum_string(ctx, words_of.key));
            unum_put_json(ctx, words_of.value);
        }
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

/* ---- readings ---- */

static int iot_sum(unum_context *ctx, struct unum_json input)
{
    struct unum_json data = unum_at(input, "/data");
    struct unum_iterator it = unum_each(data);
    struct unum_json first = {NULL, 0};
    struct unum_json last = {NULL, 0};
    double total = 0;
    while (unum_next(&it)) {
        struct unum_iterator reading = unum_each(it.value);
        while (unum_next(&reading)) {
            total += unum_double(reading.value, 0);
            last = reading.key;
            if (!first.data)
                first = last;
        }
    }
    unum_object(ctx);
    unum_key(ctx, "start");
    unum_put_json(ctx, first);
    unum_key(ctx, "end");
    unum_put_json(ctx, last);
    unum_key(ctx, "total");
    unum_put_double(ctx, total);
    unum_key(ctx, "average");
    unum_put_double(ctx, total / (double)unum_count(data));
    unum_end(ctx);
    return unum_answer_written(ctx);
}

static int iot_hvac(unum_context *ctx, struct unum_json input)
{
    unum_object(ctx);
    unum_key(ctx, "reduce_power");
    unum_put_int(ctx, unum_double(unum_at(input, "/average"), 0) > 1);
    unum_end(ctx);
    return unum_answer_written(ctx);
}

/* The part of `code` behind `word` and a blank, or NULL. */
static const char *after(const char *code, const char *word)
{
    size_t size = strlen(word);
    return strncmp(code, word, size) == 0 && code[size] == ' ' ? code + size + 1 : NULL;
}

static void misbehave(const char *code)
{
    if (strcmp(code, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(code, "exit") == 0)
        _exit(3);
    if (strcmp(code, "hang") == 0)
        pause();
}

static const struct {
    const char *code;
    int (*run)(unum_context *ctx, struct unum_json input);
} plain[] = {
    {"echo", unum_answer_json}, {"length", length},       {"label", label},
    {"wc-map", wc_map},         {"wc-reduce", wc_reduce}, {"wc-summary", wc_summary},
    {"iot-sum", iot_sum},       {"iot-hvac", iot_hvac},
};

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *code = getenv("UNUM_TEST_CODE");
    const char *rest;
    int outer = 0;
    int inner = -1;
    if (!code)
        code = "";
    note_execution(ctx);
    misbehave(code);
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (strcmp(code, plain[i].code) == 0)
            return plain[i].run(ctx, input);
    }
    if (strcmp(code, "fail") == 0)
        return unum_fail(ctx, "Test.Failed", "as asked");
    if (strcmp(code, "wc-partition") == 0)
        return wc_partition(ctx);
    if ((rest = after(code, "say")))
        return say(ctx, rest, input);
    if ((rest = after(code, "at")))
        return unum_answer_json(ctx, unum_at(input, rest));
    if ((rest = after(code, "words")))
        return words(ctx, rest, input);
    if ((rest = after(code, "text")))
        return unum_answer(ctx, rest);
    if (sscanf(code, "blobs %d %d", &outer, &inner) == 2)
        return blobs(ctx, outer, inner);
    if (sscanf(code, "blob %d", &outer) == 1)
        return blob(ctx, (size_t)outer);
    if (sscanf(code, "count %d", &outer) == 1)
        return count(ctx, outer);
    if (sscanf(code, "lists %d %d", &outer, &inner) == 2 || sscanf(code, "list %d", &outer) == 1)
        put_list(ctx, outer, inner);
    else
        put_object(ctx, &input);
    return unum_answer_written(ctx);
}
