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

static void install(bool on)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on ? on_signal : SIG_DFL;
    action.sa_flags = on ? (int)SA_RESETHAND : 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

void interrupt_watch(struct local *local)
{
    watched = local;
    install(local != NULL);
}

void interrupt_catch(void)
{
    watched = NULL;
    install(true);
}

int interrupt_seen(void)
{
    return seen;
}
