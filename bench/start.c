/*
 * From exec to the first GET of the next invocation: a built function against a raw-socket program,
 * started in turn. With -t the function has AWS endpoints, so it prepares TLS and its trust before.
 *
 *   bench_start [-t] [-n ROUNDS] RAW FUNCTION [MORE...]
 *
 * RAW and FUNCTION are programs; a function's folder (with unum_config.json) is its program's.
 */
#include <arpa/inet.h>
#include <libgen.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

enum { MAX_PROGRAMS = 4 };

struct program {
    const char *path;
    char root[1024];
    struct sample us, hwm_kb, ratio;
};

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

static int listen_loopback(unsigned short *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, len) != 0 || listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        die("listen");
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static double peak_kb(pid_t pid)
{
    char path[64], line[256];
    double kb = 0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtod(line + 6, NULL);
    }
    if (file)
        (void)fclose(file);
    return kb;
}

static double start_once(struct program *program, int listener, unsigned short port,
                         const char *endpoint)
{
    char api[64], root[1100], url[64];
    (void)snprintf(api, sizeof(api), "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%u", port);
    (void)snprintf(root, sizeof(root), "LAMBDA_TASK_ROOT=%s", program->root);
    (void)snprintf(url, sizeof(url), "AWS_ENDPOINT_URL=%s", endpoint);
    char *env[] = {api,
                   root,
                   url,
                   "PATH=/usr/local/bin:/usr/bin:/bin",
                   "UNUM_APP=bench",
                   "AWS_LAMBDA_FUNCTION_NAME=bench-f",
                   "AWS_REGION=eu-central-1",
                   "AWS_DEFAULT_REGION=eu-central-1",
                   "UNUM_INTERMEDIARY_DATASTORE_NAME=bench",
                   "AWS_ACCESS_KEY_ID=bench",
                   "AWS_SECRET_ACCESS_KEY=bench",
                   NULL};
    char *path = strdup(program->path);
    char *argv[] = {path, NULL};
    pid_t pid;
    double start = bench_now();
    if (posix_spawn(&pid, path, NULL, NULL, argv, env) != 0)
        die(path);
    int fd = accept(listener, NULL, NULL);
    char text[4096];
    size_t len = 0;
    while (len < sizeof(text) - 1) {
        ssize_t got = read(fd, text + len, sizeof(text) - 1 - len);
        if (got <= 0)
            die("read");
        len += (size_t)got;
        text[len] = '\0';
        if (strstr(text, "\r\n\r\n"))
            break;
    }
    double took = (bench_now() - start) * 1e6;
    if (strncmp(text, "GET /2018-06-01/runtime/invocation/next ", 40) != 0) {
        (void)fprintf(stderr, "%s did not ask for an invocation:\n%s\n", path, text);
        exit(1);
    }
    sample_add(&program->us, took);
    sample_add(&program->hwm_kb, peak_kb(pid));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(fd);
    free(path);
    return took;
}

int main(int argc, char **argv)
{
    static struct program programs[MAX_PROGRAMS];
    /* The second endpoint is never spoken to before the first invocation. */
    const char *endpoint = "http://127.0.0.1:9";
    int rounds = 100, option;
    size_t count = 0;
    while ((option = getopt(argc, argv, "tn:")) != -1) {
        if (option == 't')
            endpoint = "";
        else if (option == 'n')
            rounds = atoi(optarg);
        else
            return 2;
    }
    for (int i = optind; i < argc && count < MAX_PROGRAMS; i++, count++) {
        char *copy = strdup(argv[i]);
        programs[count].path = argv[i];
        (void)snprintf(programs[count].root, sizeof(programs[count].root), "%s", dirname(copy));
        free(copy);
    }
    if (count < 2)
        return 2;
    unsigned short port;
    int listener = listen_loopback(&port);
    for (int round = 0; round < rounds; round++) {
        double raw = start_once(&programs[0], listener, port, endpoint);
        for (size_t i = 1; i < count; i++)
            sample_add(&programs[i].ratio,
                       start_once(&programs[i], listener, port, endpoint) / raw);
    }
    for (size_t i = 0; i < count; i++) {
        (void)printf("%s\n", programs[i].path);
        sample_print(&programs[i].us, "  exec to GET next", "us");
        sample_print(&programs[i].hwm_kb, "  peak memory then", "kB");
        sample_print(&programs[i].ratio, "  ratio to the first, each round", "x");
    }
    return 0;
}
