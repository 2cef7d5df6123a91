/* SPDX-License-Identifier: Apache-2.0 */
/* Once a second, from outside of the CPUs. */
#include "kernel.h"

static void *watch(void *unused)
{
    (void)unused;
    for (;;) {
        struct timespec second = {.tv_sec = 1};
        nanosleep(&second, NULL);
        klog_tell_suppressed(false);
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
