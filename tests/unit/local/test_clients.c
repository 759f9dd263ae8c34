/* Other programs against the local platform: AWS's own clients, and a parent that is killed. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/proc.h"
#include "support/local_bench.h"

static struct bench bench;

struct client {
    pid_t pid;
    int status;
    bool over;
};

static bool is_over(void *cookie)
{
    struct client *client = cookie;
    client->over |= waitpid(client->pid, &client->status, WNOHANG) == client->pid;
    return client->over;
}

/* Run a program to its end while the platform serves it. Its exit status. */
static int run_client(const char *const *argv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF endpoint = UNUM_BUF_INIT(UNUM_KB);
    unum_buf_printf(&endpoint, "AWS_ENDPOINT_URL=%.*s", UNUM_STR_ARG(local_endpoint(bench.local)));
    const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                               "HOME=/nonexistent",
                               "AWS_ACCESS_KEY_ID=" LOCAL_ACCESS_KEY,
                               "AWS_SECRET_ACCESS_KEY=" LOCAL_SECRET_KEY,
                               "AWS_REGION=eu-west-1",
                               "AWS_DEFAULT_REGION=eu-west-1",
                               "AWS_EC2_METADATA_DISABLED=true",
                               unum_buf_text(&endpoint),
                               NULL};
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = argv;
    spec.env = env;
    struct client client = {0};
    if (unum_proc_start(&spec, &client.pid, &err))
        fail_msg("%s", unum_err_text(&err));
    for (int i = 0; !is_over(&client); i++) {
        const struct local_until until = {.done = is_over, .cookie = &client, .deadline_ms = 20};
        int rc = local_run_until(bench.local, &until, &err);
        if (rc && rc != UNUM_E_TIMEOUT)
            fail_msg("%s", unum_err_text(&err));
        assert_true(i < 3000);
    }
    return WIFEXITED(client.status) ? WEXITSTATUS(client.status) : -1;
}

static void serves_boto3(void **state)
{
    (void)state;
    static const char *const probe[] = {"python3", "-c", "import boto3", NULL};
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = probe;
    struct unum_buf UNUM_AUTO_BUF output = UNUM_BUF_INIT(UNUM_MB);
    int status = 0;
    if (unum_proc_run(&spec, &output, &status, NULL) || status) {
        print_message("skipped: boto3 not installed\n");
        skip();
    }
    static const char program[] =
        "import base64, boto3, json, os\n"
        "url = os.environ['AWS_ENDPOINT_URL']\n"
        "def client(name): return boto3.client(name, endpoint_url=url)\n"
        "db, fn, logs = client('dynamodb'), client('lambda'), client('logs')\n"
        "db.put_item(TableName='items', Item={'Name': {'S': 'b\\u00e4'}, 'V': {'N': '1'}})\n"
        "got = db.get_item(TableName='items', Key={'Name': {'S': 'b\\u00e4'}})\n"
        "assert got['Item']['V']['N'] == '1', got\n"
        "assert [f['FunctionName'] for f in fn.list_functions()['Functions']] == ['app-f']\n"
        "got = fn.invoke(FunctionName='app-f', Payload=b'{\"do\":\"log\"}', LogType='Tail')\n"
        "assert got['StatusCode'] == 200 and json.load(got['Payload']) is None, got\n"
        "assert b'\\none\\n' in base64.b64decode(got['LogResult']), got\n"
        "got = fn.invoke(FunctionName='app-f', Payload=b'{\"do\":\"error\"}')\n"
        "assert got['FunctionError'] == 'Unhandled', got\n"
        "got = fn.invoke(FunctionName='app-f', InvocationType='Event', Payload=b'1')\n"
        "assert got['StatusCode'] == 202, got\n"
        "got = fn.invoke(FunctionName='app-f:$LATEST', InvocationType='DryRun', Payload=b'1')\n"
        "assert got['StatusCode'] == 204, got\n"
        "try:\n"
        "    fn.invoke(FunctionName='nobody')\n"
        "    assert False\n"
        "except fn.exceptions.ResourceNotFoundException as e:\n"
        "    assert 'Function not found' in str(e), e\n"
        "got = logs.filter_log_events(logGroupName='/aws/lambda/app-f', filterPattern='two')\n"
        "assert [e['message'] for e in got['events']] == ['two'], got\n"
        "stream = got['events'][0]['logStreamName']\n"
        "got = logs.get_log_events(logGroupName='/aws/lambda/app-f', logStreamName=stream)\n"
        "assert 'one' in [e['message'] for e in got['events']], got\n"
        "for wrong, code in ((dict(aws_secret_access_key='x'), 'InvalidSignatureException'),\n"
        "                    (dict(aws_access_key_id='x', aws_secret_access_key='x'),\n"
        "                     'UnrecognizedClientException')):\n"
        "    c = boto3.client('lambda', endpoint_url=url,\n"
        "                     **dict(dict(aws_access_key_id='unum-local'), **wrong))\n"
        "    try:\n"
        "        c.list_functions()\n"
        "        assert False\n"
        "    except c.exceptions.ClientError as e:\n"
        "        assert e.response['Error']['Code'] == code, e.response\n"
        "try: sched = client('scheduler')\n"
        "except Exception: sched = None\n"
        "if sched:\n"
        "    arn = 'arn:aws:lambda:us-east-1:000000000000:function:app-f'\n"
        "    sched.create_schedule(Name='w', ScheduleExpression='at(2990-01-01T00:00:00)',\n"
        "        FlexibleTimeWindow={'Mode': 'OFF'}, Target={'Arn': arn, 'RoleArn': "
        "'" LOCAL_SCHEDULE_ROLE "', 'Input': '{\"do\":\"put\",\"key\":\"w\"}'})\n";
    const char *const argv[] = {"python3", "-c", program, NULL};
    assert_int_equal(run_client(argv), 0);
    bench_settle(&bench);
}

static void serves_the_aws_cli(void **state)
{
    (void)state;
    static const char script[] =
        "command -v aws >/dev/null || exit 77\n"
        "aws --endpoint-url \"$AWS_ENDPOINT_URL\" lambda invoke --function-name app-f "
        "--cli-binary-format raw-in-base64-out --payload '{\"do\":\"count\"}' /dev/stdout 2>&1 | "
        "grep -q '^\\[1,' || "
        "aws --endpoint-url \"$AWS_ENDPOINT_URL\" lambda invoke --function-name app-f "
        "--payload '{\"do\":\"count\"}' /dev/stdout | grep -q '\\[[12],'\n";
    const char *const argv[] = {"sh", "-c", script, NULL};
    int status = run_client(argv);
    if (status == 77) {
        print_message("skipped: aws not installed\n");
        skip();
    }
    assert_int_equal(status, 0);
}

/* Processes of a platform whose own process is killed end with it. */
static void children_die_with_a_killed_parent(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct bench own;
        (void)setenv("TMPDIR", bench.bundle, 1); /* what it leaves behind is removed there */
        bench_init(&own);
        bench_open(&own);
        bench_function(&own, "app-own");
        long pid = 0;
        (void)sscanf(bench_call(&own, "app-own", "{\"do\":\"count\"}"), "[1,%ld]", &pid);
        (void)!write(ends[1], &pid, sizeof(pid));
        kill(getpid(), SIGKILL);
    }
    long pid = 0;
    assert_int_equal(read(ends[0], &pid, sizeof(pid)), (int)sizeof(pid));
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_true(pid > 1);
    assert_true(bench_process_ends(pid));
    close(ends[0]);
    close(ends[1]);
}

#define RUN(test) BENCH_TEST(test, &bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(serves_boto3),
        RUN(serves_the_aws_cli),
        RUN(children_die_with_a_killed_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
