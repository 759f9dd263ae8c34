/* Any bytes as a template of CloudFormation: refused with a text, or read in an order in which
 * nothing comes before what it depends on; and then every value of it is worked out or refused, the
 * same each time, to JSON. */
#include <stdlib.h>

#include "local/cfn.h"
#include "json/json.h"

static void check(bool ok)
{
    if (!ok)
        abort();
}

static void check_order(const struct cfn_template *t)
{
    for (size_t i = 0; i < t->resources_len; i++) {
        for (size_t k = 0; k < t->resources[i].depends_len; k++) {
            const struct cfn_declared *other = cfn_template_resource(t, t->resources[i].depends[k]);
            check(other && other < &t->resources[i]);
        }
    }
}

static bool known(void *cookie, struct unum_str id, struct unum_str attribute, struct unum_str *ret)
{
    (void)cookie;
    *ret = attribute.len ? UNUM_STR("arn:aws:x:::y") : id;
    return id.len % 2;
}

static bool import(void *cookie, struct unum_str name, struct unum_str *ret)
{
    (void)cookie;
    *ret = UNUM_STR("imported");
    return name.len % 2;
}

static struct cfn_scope scope_of(struct local *local, const struct cfn_template *t,
                                 const struct cfn_pairs *parameters, struct unum_arena *arena)
{
    return (struct cfn_scope){.local = local,
                              .template = t,
                              .parameters = parameters,
                              .stack_name = UNUM_STR("stack"),
                              .stack_id = UNUM_STR("arn:aws:cloudformation:r:0:stack/stack/1"),
                              .arena = arena,
                              .resource = known,
                              .import = import};
}

static void evaluate(struct local *local, const struct cfn_template *t,
                     const struct cfn_pairs *parameters, struct unum_buf *out)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct cfn_scope scope = scope_of(local, t, parameters, &arena);
    for (size_t i = 0; i < t->resources_len; i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct unum_str text = UNUM_STR_NONE, value;
        bool included = false;
        int rc = cfn_included(&scope, t->resources[i].condition, &included, &err);
        if (rc == 0)
            rc = cfn_evaluate_json(&scope, t->resources[i].properties, &text, &err);
        check(rc < 0 || json_check(text, &value, NULL) == 0);
        unum_buf_add(out, text);
        unum_buf_adds(out, rc < 0 ? unum_err_text(&err) : "\n");
    }
    for (size_t i = 0; i < t->outputs_len; i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct unum_str text = UNUM_STR_NONE;
        int rc = cfn_evaluate_text(&scope, t->outputs[i].value, &text, &err);
        unum_buf_add(out, rc < 0 ? unum_str_from(unum_err_text(&err)) : text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct local local;
    struct cfn_template *t = NULL;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct cfn_pairs given = {0}, parameters = {0};
    struct unum_map UNUM_AUTO_MAP none = UNUM_MAP_INIT;
    local.region = UNUM_STR("us-east-1");
    if (cfn_template_read(unum_str_of((const char *)data, size), &t, &err)) {
        check(unum_err_text(&err)[0] != '\0');
        return 0;
    }
    check_order(t);
    if (cfn_parameters_resolve(t, &given, &none, NULL, &parameters, &err) == 0) {
        struct unum_buf UNUM_AUTO_BUF one = UNUM_BUF_INIT(64 * UNUM_MB);
        struct unum_buf UNUM_AUTO_BUF two = UNUM_BUF_INIT(64 * UNUM_MB);
        evaluate(&local, t, &parameters, &one);
        evaluate(&local, t, &parameters, &two);
        check(unum_str_eq(unum_buf_str(&one), unum_buf_str(&two)));
    }
    cfn_pairs_done(&parameters);
    cfn_template_free(t);
    return 0;
}
