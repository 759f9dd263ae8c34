#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A signal handler can only reach what is static. */
static struct local *volatile watched;
static volatile sig_atomic_t seen;

static void on_signal(int number)
{
    static const char said[] = "\nunum: stopping (again to stop at once)\n";
    struct local *local = watched;
    seen = number;
    if (number == SIGINT && write(STDERR_FILENO, said, sizeof(said) - 1) < 0)
        seen = number; /* a closed terminal changes nothing */
    if (local)
        local_stop(local);
}

void interrupt_watch(struct local *local)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    watched = local;
    action.sa_handler = local ? on_signal : SIG_DFL;
    action.sa_flags = local ? (int)SA_RESETHAND : 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

int interrupt_seen(void)
{
    return seen;
}
