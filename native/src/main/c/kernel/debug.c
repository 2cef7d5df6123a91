/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger: whether there is one, and the wait for it. */
#include "kernel.h"

#include <sys/prctl.h>

enum { LOOK_MILLIS = 20, SETTLE_MILLIS = 100 };

static void sleep_millis(int millis)
{
    struct timespec time = {.tv_nsec = millis * 1000000l};
    nanosleep(&time, NULL);
}

/* Of this very thread: a debugger attaches to one thread after the other. */
bool debugger_is_there(void)
{
    char line[200];
    long tracer = 0;
    FILE *status = fopen("/proc/thread-self/status", "re");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "TracerPid: %ld", &tracer) == 1)
            break;
    if (status)
        fclose(status);
    return tracer > 0;
}

static void receive(struct mkemu_cpu *cpu, struct mkemu_ipi_data *message, void *context)
{
    (void)cpu, (void)message, (void)context; /* nobody sends to a kernel that is not active */
}

void debugger_await(void)
{
    /* Where Yama lets a process be traced by its parents only: this one by any process of its user. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    printf("mkemu: waits for a debugger: gdb -p %d\n", (int)getpid());
    fflush(stdout);
    while (!debugger_is_there()) {
        if (__atomic_load_n(&kernel.peer.shutdown, __ATOMIC_ACQUIRE))
            return;
        sleep_millis(LOOK_MILLIS);
        mkemu_turn(&this_cpu->at, receive, NULL);
    }
    /* It is attached a moment before it stops this thread: breakpoints are set then, and only then. */
    sleep_millis(SETTLE_MILLIS);
    klog(LOG_NOTICE, "mkemu: a debugger is there");
}
