/* Requests of the query protocol: a form in the body, or in the query of a GET. */
#include "local/cfn.h"

#include "local/form.h"

bool cfn_has(const struct door_request *req, const char *name)
{
    struct unum_str value;
    return form_find(req, unum_str_from(name), &value);
}

struct unum_str cfn_get(const struct door_request *req, const char *name)
{
    return form_get(req, name);
}

bool cfn_is_true(const struct door_request *req, const char *name)
{
    return unum_str_ieq(cfn_get(req, name), UNUM_STR("true"));
}

bool cfn_member(const struct door_request *req, const char *list, size_t n, const char *suffix,
                struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    unum_buf_printf(&name, "%s.member.%zu%s", list, n, suffix);
    return form_find(req, unum_buf_str(&name), ret);
}

bool cfn_is_request(const struct door_request *req)
{
    if (!unum_str_is(req->path, "/") && req->path.len)
        return false;
    return unum_str_is(cfn_get(req, "Version"), "2010-05-15");
}

bool cfn_page(struct door_request *req, struct cfn_page *ret)
{
    struct unum_str token = UNUM_STR_NONE;
    uint64_t first = 0;
    unsigned most = req->local->config.stack_page;
    ret->first = 0;
    ret->most = most ? most : CFN_PAGE;
    if (!form_find(req, UNUM_STR("NextToken"), &token) || !token.len)
        return true;
    static const struct unum_str mark = UNUM_STR_INIT("from-");
    if (!unum_str_starts(token, mark) ||
        !unum_str_to_u64(unum_str_from_pos(token, mark.len), &first)) {
        cfn_fail(req, "The token is not valid: NextToken");
        return false;
    }
    ret->first = first;
    return true;
}

void cfn_next(struct door_request *req, const struct cfn_page *page, size_t len)
{
    if (page->first < len && len - page->first > page->most)
        cfn_text(req, "NextToken",
                 unum_arena_printf(&req->arena, "from-%zu", page->first + page->most));
}
