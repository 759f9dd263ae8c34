/*
 * The program of a function. An object of its own, so that it is taken from the archive only when
 * nobody else defines main().
 */
#include <unum/runtime.h>

UNUM_PUBLIC int unum_runtime_main(void);

int main(void)
{
    return unum_runtime_main();
}
