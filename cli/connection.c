#include "connection.h"

#include <stdlib.h>

#include "aws/creds_env.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "deployment.h"
#include "template/app.h"
#include "workflow.h"

void running_done(struct running *running)
{
    free(running->endpoint);
    *running = (struct running){0};
}

static int parse_running(struct unum_str text, struct running *ret, struct unum_err *err)
{
    struct unum_str value, member;
    struct unum_buf UNUM_AUTO_BUF endpoint = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    int rc = json_check(text, &value, err);
    if (rc < 0)
        return rc;
    if (!json_get(value, UNUM_STR("pid"), &member) || !json_to_i64(member, &ret->pid) ||
        ret->pid <= 1 || !json_get(value, UNUM_STR("port"), &member) ||
        !json_to_i64(member, &ret->port) || !json_get(value, UNUM_STR("endpoint"), &member) ||
        !json_decode(member, &endpoint) || endpoint.failed)
        return unum_err_set(err, UNUM_E_PARSE, "pid, port and endpoint are not all there");
    if (json_get(value, UNUM_STR("memory"), &member) && !json_to_bool(member, &ret->memory))
        return unum_err_set(err, UNUM_E_PARSE, "\"memory\" is neither true nor false");
    ret->endpoint = unum_buf_take(&endpoint);
    return 0;
}

int running_find(const struct program *p, struct running *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE lock_path = workflow_file(p, "local.lock");
    char *UNUM_AUTO_FREE path = workflow_file(p, "local.json");
    int UNUM_AUTO_FD lock = -1;
    bool held =
        unum_file_exists(lock_path) && unum_lock_file(lock_path, &lock, NULL) == UNUM_E_CONFLICT;
    if (!held || !unum_file_exists(path)) {
        unum_err_set(err, UNUM_E_NOTFOUND, "no local platform runs for %.*s",
                     UNUM_STR_ARG(p->app->name));
        return unum_err_hint(err, "start one: unum local start");
    }
    int rc = unum_file_read(path, &text, err);
    if (rc == 0)
        rc = parse_running(unum_buf_str(&text), ret, err);
    return rc < 0 ? unum_err_wrap(err, "%s", path) : 0;
}

void connection_close(struct connection *c)
{
    if (c->store.ops)
        c->store.ops->close(c->store.state);
    if (!c->aws)
        aws_client_free(c->client);
    if (c->owns_transport && c->transport.ops)
        c->transport.ops->close(c->transport.state);
    local_free(c->local);
    if (c->aws)
        account_close(&c->account);
    free(c->endpoint);
    *c = (struct connection)CONNECTION_INIT;
}

static int get_creds(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    (void)err;
    *ret = &((struct connection *)cookie)->creds;
    return 0;
}

static int open_client(struct connection *c, const struct program *p, struct unum_err *err)
{
    c->creds = (struct aws_creds){.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                                  .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    struct aws_config config = {
        .transport = c->transport,
        .clock = &unum_clock_system,
        .log = &p->log,
        .creds = {.cookie = c, .get = get_creds},
        .region = UNUM_STR(LOCAL_REGION),
    };
    for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
        config.endpoints[i] = unum_str_from(c->endpoint);
    int rc = aws_client_new(&config, &c->client, err);
    if (rc == 0)
        rc = store_dynamodb_open(c->client, p->app->store_name, &c->store, err);
    return rc;
}

int connection_open_inside(struct connection *c, const struct program *p, struct local *local,
                           struct unum_err *err)
{
    c->transport = local_transport(local);
    c->endpoint = unum_strdup("http://127.0.0.1");
    return open_client(c, p, err);
}

static int open_endpoint(struct connection *c, const struct program *p, const char *endpoint,
                         struct unum_err *err)
{
    c->endpoint = unum_strdup(endpoint);
    int rc = http_curl_open(&unum_clock_system, NULL, &c->transport, err);
    if (rc < 0)
        return rc;
    c->owns_transport = true;
    return open_client(c, p, err);
}

int connection_open_running(struct connection *c, const struct program *p, struct unum_err *err)
{
    struct running UNUM_AUTO(running_done) running = {0};
    int rc = running_find(p, &running, err);
    return rc < 0 ? rc : open_endpoint(c, p, running.endpoint, err);
}

int connection_open_any(struct connection *c, const struct program *p, struct unum_err *err)
{
    struct running UNUM_AUTO(running_done) running = {0};
    int rc = running_find(p, &running, NULL);
    if (rc == 0)
        return open_endpoint(c, p, running.endpoint, err);
    char *UNUM_AUTO_FREE state = workflow_file(p, "local.db");
    if (!unum_file_exists(state)) {
        unum_err_set(err, UNUM_E_NOTFOUND, "nothing has been run in this folder yet");
        return unum_err_hint(err, "start a run: unum run");
    }
    struct local_config config = {.state_path = state, .no_server = true};
    rc = local_new(&config, &c->local, err);
    return rc < 0 ? rc : connection_open_inside(c, p, c->local, err);
}

/* ---- an account ---- */

/* The project's file says more about the project than the user's files. */
static const char *region_of(const struct program *p, const struct account_args *args)
{
    bool given =
        args->region || aws_variable("AWS_REGION").len || aws_variable("AWS_DEFAULT_REGION").len;
    return given || !p->app || !p->app->region.len ? args->region : p->app->region.ptr;
}

int connection_open_account(struct connection *c, struct program *p, const struct where *where,
                            struct unum_err *err)
{
    struct account_args chosen = where->account;
    chosen.region = region_of(p, &where->account);
    int rc = deployment_stage(p, where->stage, err);
    if (rc < 0)
        return rc;
    rc = account_open(&c->account, p, &chosen, err);
    c->aws = true;
    struct aws_client *client = NULL;
    if (rc == 0)
        rc = account_client(&c->account, &client, err);
    c->client = client;
    if (rc == 0 && p->app)
        rc = store_dynamodb_open(c->client, p->app->store_name, &c->store, err);
    return rc;
}

int connection_open(struct connection *c, struct program *p, const struct where *where, bool state,
                    struct unum_err *err)
{
    if (!where->local)
        return connection_open_account(c, p, where, err);
    return state ? connection_open_any(c, p, err) : connection_open_running(c, p, err);
}

const char *connection_flag(const struct connection *c)
{
    return c->aws ? "" : " --local";
}

int connection_explain(const struct connection *c, const struct program *p, int rc,
                       struct unum_err *err)
{
    if (rc == UNUM_E_NOTFOUND && c->aws)
        (void)unum_err_hint(err,
                            "is %.*s deployed in %.*s? deploy it (unum deploy -b), or choose "
                            "another --region or --profile",
                            UNUM_STR_ARG(p->app->name), UNUM_STR_ARG(c->account.region.name));
    if (rc == UNUM_E_AUTH)
        (void)unum_err_hint(err, "`unum whoami` tells which credentials are used");
    if (rc == UNUM_E_DENIED)
        (void)unum_err_hint(err, "`unum doctor` tells which permissions are missing");
    return rc;
}
