/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the CPUs once a second from outside. */
#include "kernel.h"

static void *watch(void *unused)
{
    (void)unused;
    for (;;) {
        struct timespec second = {.tv_sec = 1};
        nanosleep(&second, NULL);
        stderr_tell(LOG_NOTICE, false, NULL);
        mkemu_core_watch(kernel.core, debugger_is_there()); /* it may hold one CPU while this thread runs */
    }
    return NULL;
}

void watch_start(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch, NULL))
        klog(LOG_WARNING, "mkemu: no thread for the watchdog: a CPU that is stuck will not be told");
}
