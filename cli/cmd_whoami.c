#include "account.h"
#include "aws/endpoint.h"
#include "aws/sts.h"
#include "verbs.h"

struct args {
    struct account_args account;
};

static const struct opt_row options[] = {
    ACCOUNT_OPTIONS(struct args),
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum whoami", "account, identity, region; from where"},
    {"unum whoami --profile staging --output json", "of another profile, for a program"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {4, "there are no credentials, or AWS refuses them"},
    {0, NULL},
};

/* One line of the answer. */
struct fact {
    const char *key, *title;       /* in JSON, and for people */
    struct unum_str value, origin; /* no origin: what the service said */
};

static void print_json(struct program *p, const struct fact *facts, size_t len)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    for (size_t i = 0; i < len; i++) {
        json_key(&w, facts[i].key);
        if (!facts[i].origin.len) {
            json_string(&w, facts[i].value);
            continue;
        }
        json_object_begin(&w);
        json_key(&w, "value");
        json_string(&w, facts[i].value);
        json_key(&w, "origin");
        json_string(&w, facts[i].origin);
        json_object_end(&w);
    }
    json_object_end(&w);
}

static void print_text(struct program *p, const struct fact *facts, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ui_printf(&p->out, "%-13s%.*s", facts[i].title, UNUM_STR_ARG(facts[i].value));
        if (facts[i].origin.len)
            ui_printf(&p->out, "  %s(%.*s)%s", ui_style(&p->out, UI_DIM),
                      UNUM_STR_ARG(facts[i].origin), ui_style(&p->out, UI_PLAIN));
        ui_puts(&p->out, "\n");
    }
}

static int ask(struct account *account, struct aws_url *url, struct sts_identity *ret,
               struct unum_str *ret_key, struct unum_err *err)
{
    struct unum_arena *arena = &account->program->arena;
    const struct aws_creds *creds;
    struct aws_client *client;
    int rc = account_creds(account, &creds, err);
    if (rc == 0)
        rc = account_need_region(account, err);
    if (rc == 0)
        rc = aws_endpoint_url(AWS_STS, account->endpoint_url, &account->choice,
                              account->region.name, arena, url, err);
    if (rc < 0)
        return rc;
    *ret_key = unum_arena_str(arena, creds->access_key);
    rc = account_client(account, &client, err);
    if (rc == 0)
        rc = sts_caller_identity(client, arena, ret, err);
    if (rc < 0)
        (void)unum_err_wrap(err, "%.*s", UNUM_STR_ARG(aws_chain_origin(account->chain)));
    return rc;
}

static int run(struct program *p, const void *args_, struct unum_err *err)
{
    const struct args *args = args_;
    struct account ACCOUNT_AUTO account = ACCOUNT_INIT;
    struct sts_identity identity = {0};
    struct unum_str key = UNUM_STR_NONE;
    struct aws_url url = {0};
    int rc = account_open(&account, p, &args->account, err);
    if (rc == 0)
        rc = ask(&account, &url, &identity, &key, err);
    if (rc < 0)
        return rc;
    const struct fact facts[] = {
        {"account", "account", identity.account, UNUM_STR("")},
        {"arn", "arn", identity.arn, UNUM_STR("")},
        {"userId", "user id", identity.user_id, UNUM_STR("")},
        {"partition", "partition", aws_partition(account.region.name)->name, UNUM_STR("")},
        {"region", "region", account.region.name, account.region.origin},
        {"profile", "profile", account.choice.name, unum_str_from(account.choice.origin)},
        {"credentials", "credentials", key, aws_chain_origin(account.chain)},
        {"endpoint", "endpoint", url.url, url.origin},
    };
    if (program_json(p))
        print_json(p, facts, UNUM_COUNT(facts));
    else
        print_text(p, facts, UNUM_COUNT(facts));
    return 0;
}

const struct command cmd_whoami = {
    .name = "whoami",
    .summary = "show the AWS account, identity and region in use",
    .about = "Looks for credentials as the AWS CLI and SDKs do: the environment (unless --profile "
             "is given), the profile's role, web identity, SSO, keys or process, then container "
             "and instance. The first that is there counts. Then asks AWS STS whose they are, and "
             "says of each thing where it came from. Secret keys and tokens are never shown.\n\n"
             "If there are none, every place that was looked at is listed with why it has none.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .run = run,
};
