#include "deploy/console.h"

#include <ctype.h>

/* Source: AWS Management Console User Guide; endpoints of the consoles of China and GovCloud. */
static const struct {
    const char *partition, *host;
} consoles[] = {
    {"aws", "console.aws.amazon.com"},
    {"aws-cn", "console.amazonaws.cn"},
    {"aws-us-gov", "console.amazonaws-us-gov.com"},
};

static void add_encoded(struct unum_buf *out, struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (isalnum(c) || c == '-' || c == '_' || c == '.')
            unum_buf_addc(out, (char)c);
        else
            unum_buf_printf(out, "%%%02X", c);
    }
}

void console_link(const struct deploy_target *target, struct unum_str stack,
                  struct unum_str change_set, struct unum_buf *out)
{
    const char *host = NULL;
    for (size_t i = 0; i < UNUM_COUNT(consoles); i++) {
        if (unum_str_is(target->partition, consoles[i].partition))
            host = consoles[i].host;
    }
    if (!target->at_aws || !host || !unum_str_starts(stack, UNUM_STR("arn:")))
        return;
    unum_buf_printf(out, "https://%.*s.%s/cloudformation/home?region=%.*s#/stacks/%s?stackId=",
                    UNUM_STR_ARG(target->region), host, UNUM_STR_ARG(target->region),
                    change_set.len ? "changesets/changes" : "events");
    add_encoded(out, stack);
    if (!change_set.len)
        return;
    unum_buf_adds(out, "&changeSetId=");
    add_encoded(out, change_set);
}
