#include "deployment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/endpoint.h"
#include "aws/settings.h"
#include "aws/sts.h"
#include "base/alloc.h"
#include "base/fd.h"
#include "base/limits.h"
#include "deploy/changes.h"
#include "interrupt.h"
#include "template/app.h"
#include "workflow.h"

enum { MAX_STACK = 128, MAX_STAGE = 20 };

/* ---- speaking ---- */

static struct program *program_of(void *cookie)
{
    const struct deployment *d = cookie;
    return d->p;
}

static void on_phase(void *cookie, const char *text)
{
    struct program *p = program_of(cookie);
    if (!p->global.quiet)
        ui_progress(&p->err, "%s", text);
}

static void on_warn(void *cookie, const char *text)
{
    struct program *p = program_of(cookie);
    ui_progress_end(&p->err);
    if (!p->global.quiet)
        ui_printf(&p->err, "%swarning:%s %s\n", ui_style(&p->err, UI_YELLOW),
                  ui_style(&p->err, UI_PLAIN), text);
}

static void on_note(void *cookie, const char *text)
{
    struct program *p = program_of(cookie);
    ui_progress_end(&p->err);
    if (!p->global.quiet)
        ui_printf(&p->err, "  %s%s%s\n", ui_style(&p->err, UI_DIM), text,
                  ui_style(&p->err, UI_PLAIN));
}

static enum ui_style style_of(const struct change_words *words)
{
    switch (words->kind) {
    case CHANGE_ADD:
        return UI_GREEN;
    case CHANGE_MODIFY:
        return UI_YELLOW;
    case CHANGE_REPLACE:
    case CHANGE_REMOVE:
        break;
    }
    return UI_RED;
}

static void on_changes(void *cookie, const struct cfn_change_set *set, bool create)
{
    struct program *p = program_of(cookie);
    ui_progress_end(&p->err);
    if (p->global.quiet)
        return;
    ui_printf(&p->err, "%s\n",
              create ? "The stack will be created with:" : "The stack will change:");
    for (size_t i = 0; i < set->changes_len; i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        const struct change_words words = change_classify(&set->changes[i]);
        change_describe(&set->changes[i], &text);
        ui_printf(&p->err, "  %s%-3s%s %s%s%s%s%s\n", ui_style(&p->err, style_of(&words)),
                  words.sign, ui_style(&p->err, UI_PLAIN), unum_buf_text(&text),
                  words.may_replace ? " (may replace it)" : "",
                  words.dangerous ? ui_style(&p->err, UI_RED) : "",
                  words.dangerous ? "  DANGEROUS: its data will be lost" : "",
                  words.dangerous ? ui_style(&p->err, UI_PLAIN) : "");
    }
}

static void on_event(void *cookie, const struct cfn_event *event)
{
    struct program *p = program_of(cookie);
    bool failed = unum_str_search(event->status, UNUM_STR("FAILED")) != SIZE_MAX;
    struct unum_buf UNUM_AUTO_BUF type = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    ui_progress_end(&p->err);
    if (p->global.quiet && !failed)
        return;
    change_type_words(event->type, &type);
    ui_printf(&p->err, "  %s%-28.*s%s %.*s (%s)", ui_style(&p->err, failed ? UI_RED : UI_DIM),
              UNUM_STR_ARG(event->status), ui_style(&p->err, UI_PLAIN),
              UNUM_STR_ARG(event->logical_id), unum_buf_text(&type));
    if (event->reason.len)
        ui_printf(&p->err, ": %.*s", UNUM_STR_ARG(event->reason));
    ui_puts(&p->err, "\n");
}

static bool on_confirm(void *cookie, const char *question, bool *ret_asked)
{
    struct program *p = program_of(cookie);
    char line[16];
    ssize_t got;
    ui_progress_end(&p->err);
    *ret_asked = p->err.terminal && isatty(STDIN_FILENO);
    if (!*ret_asked)
        return false;
    ui_printf(&p->err, "%s [y/N] ", question);
    do {
        got = read(STDIN_FILENO, line, sizeof(line));
    } while (got < 0 && errno == EINTR && !interrupt_seen());
    struct unum_str answer = unum_str_trim(unum_str_of(line, got > 0 ? (size_t)got : 0));
    return unum_str_ieq(answer, UNUM_STR("y")) || unum_str_ieq(answer, UNUM_STR("yes"));
}

static bool on_interrupted(void *cookie)
{
    (void)cookie;
    return interrupt_seen() != 0;
}

static void on_state(void *cookie, const char *text)
{
    struct deployment *d = cookie;
    free(d->state);
    d->state = unum_strdup(text);
}

/* ---- what is meant ---- */

static int check_name(const char *what, struct unum_str name, size_t most, struct unum_err *err)
{
    bool good = name.len > 0 && name.len <= most;
    for (size_t i = 0; good && i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        good = letter || (i && ((c >= '0' && c <= '9') || c == '-'));
    }
    if (good)
        return 0;
    return unum_err_set(err, UNUM_E_USAGE,
                        "\"%.*s\" is no %s: letters, digits and \"-\", a letter first, at most %zu",
                        UNUM_STR_ARG(name), what, most);
}

int deployment_stage(struct program *p, const char *stage, struct unum_err *err)
{
    if (!stage || !*stage)
        return 0;
    int rc = check_name("stage", unum_str_from(stage), MAX_STAGE, err);
    if (rc < 0)
        return rc;
    p->app->name = unum_arena_printf(&p->arena, "%.*s-%s", UNUM_STR_ARG(p->app->name), stage);
    if (!p->app->store_name_set)
        p->app->store_name = unum_arena_printf(&p->arena, "%.*s-unum-intermediate-datastore",
                                               UNUM_STR_ARG(p->app->name));
    return 0;
}

static int whose(struct deployment *d, struct unum_err *err)
{
    struct unum_arena *arena = &d->p->arena;
    struct account *account = &d->account;
    struct aws_client *client;
    struct sts_identity identity = {0};
    struct aws_url url, cloudformation;
    int rc = account_client(account, &client, err);
    if (rc == 0)
        rc = aws_settings_account(&account->choice, &identity.account, err);
    if (rc == 0 && !identity.account.len)
        rc = sts_caller_identity(client, arena, &identity, err);
    if (rc == 0)
        rc = aws_endpoint_url(AWS_S3, account->endpoint_url, &account->choice, account->region.name,
                              arena, &url, err);
    if (rc == 0)
        rc = aws_endpoint_url(AWS_CLOUDFORMATION, account->endpoint_url, &account->choice,
                              account->region.name, arena, &cloudformation, err);
    if (rc < 0)
        return unum_err_wrap(err, "whose account is it");
    d->target.account = identity.account;
    d->target.s3_url = url.url;
    d->target.at_aws = !cloudformation.custom;
    return 0;
}

int deployment_open(struct deployment *d, struct program *p, const struct deployment_args *args,
                    struct unum_err *err)
{
    struct account_args account = args->account;
    interrupt_catch();
    d->p = p;
    d->args = args;
    d->ui = (struct deploy_ui){.cookie = d,
                               .phase = on_phase,
                               .warn = on_warn,
                               .note = on_note,
                               .changes = on_changes,
                               .event = on_event,
                               .confirm = on_confirm,
                               .interrupted = on_interrupted,
                               .state = on_state};
    d->skip = unum_arena_array(&p->arena, args->skip.list.len, sizeof(*d->skip));
    for (size_t i = 0; i < args->skip.list.len; i++)
        d->skip[i] = unum_str_from(args->skip.list.at[i]);
    int rc = deployment_stage(p, args->stage, err);
    struct unum_str stack = args->stack ? unum_str_from(args->stack) : p->app->name;
    if (rc == 0)
        rc = check_name("stack name", stack, MAX_STACK, err);
    if (rc == 0)
        rc = account_open(&d->account, p, &account, err);
    /* The template's region counts where neither option nor environment has one. */
    if (rc == 0 && !d->account.region.name.len && p->app->region.len)
        d->account.region = (struct aws_region){p->app->region, UNUM_STR("unum-template.yaml")};
    if (rc == 0)
        rc = account_need_region(&d->account, err);
    d->target = (struct deploy_target){.app = p->app,
                                       .clock = &unum_clock_system,
                                       .ui = &d->ui,
                                       .region = d->account.region.name,
                                       .stack = stack};
    d->target.partition = aws_partition(d->target.region)->name;
    if (rc == 0)
        rc = account_client(&d->account, &d->target.client, err);
    if (rc == 0)
        rc = whose(d, err);
    return rc < 0 ? rc : deployment_go_on(err);
}

void deployment_close(struct deployment *d)
{
    if (d->p)
        ui_progress_end(&d->p->err);
    account_close(&d->account);
    free(d->state);
    *d = (struct deployment){0};
}

int deployment_build(struct program *p, const struct compiled *compiled, struct unum_err *err)
{
    struct workflow_build how = {.zip = true};
    struct build_result ignored;
    return workflow_build(p, compiled, &how, &ignored, err);
}

int deployment_go_on(struct unum_err *err)
{
    return interrupt_seen() ? unum_err_set(err, UNUM_E_CANCELLED, "interrupted") : 0;
}

/* Of some failures it is known what to do: mend the files, ask otherwise, decide. */
static bool tells_way_on(int rc, const struct unum_err *err)
{
    switch (rc) {
    case UNUM_E_USAGE:
    case UNUM_E_INVALID_FILE:
    case UNUM_E_FAILED:
    case UNUM_E_ROLLED_BACK:
    case UNUM_E_BUG:
        return true;
    case UNUM_E_CONFLICT:
    case UNUM_E_CANCELLED:
        return err->hint;
    default:
        return false;
    }
}

static const char *first_step(int rc)
{
    switch (rc) {
    case UNUM_E_AUTH:
        return "`unum whoami` tells which credentials are used; ";
    case UNUM_E_DENIED:
        return "`unum doctor` tells which permissions are missing; ";
    case UNUM_E_INVAL:
    case UNUM_E_NOTFOUND:
    case UNUM_E_LIMIT:
        return "once that is mended, ";
    default:
        return "";
    }
}

int deployment_explain(const struct deployment *d, int rc, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    const char *stage = d->args && d->args->stage ? d->args->stage : "";
    if (rc >= 0 || tells_way_on(rc, err))
        return rc;
    if (err->hint)
        unum_buf_printf(&text, "%s; ", err->hint);
    unum_buf_printf(&text, "%s; %s`unum %s%s%s%s` again goes on",
                    d->state ? d->state : "nothing is changed", first_step(rc), d->p->path,
                    d->again ? d->again : "", *stage ? " --stage " : "", stage);
    free(err->hint);
    err->hint = NULL;
    (void)unum_err_hint(err, "%s", unum_buf_text(&text));
    return rc;
}

char *deployment_outputs(const struct deployment *d)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    const char *stage = d->args->stage && *d->args->stage ? d->args->stage : "aws";
    unum_buf_printf(&name, "%s.json", stage);
    return workflow_file(d->p, unum_buf_text(&name));
}

int deployment_pairs(struct program *p, const char *option, const struct opt_values *values,
                     struct cfn_pair **ret, struct unum_err *err)
{
    *ret = unum_arena_array(&p->arena, values->list.len, sizeof(**ret));
    for (size_t i = 0; i < values->list.len; i++) {
        struct unum_str text = unum_str_from(values->list.at[i]);
        size_t equals = unum_str_find(text, '=');
        if (equals == 0 || equals == SIZE_MAX || equals >= text.len)
            return unum_err_set(err, UNUM_E_USAGE, "--%s %s is not NAME=VALUE", option,
                                values->list.at[i]);
        (*ret)[i] =
            (struct cfn_pair){unum_str_slice(text, 0, equals), unum_str_from_pos(text, equals + 1)};
    }
    return 0;
}
