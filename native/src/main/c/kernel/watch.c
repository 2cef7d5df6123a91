/* SPDX-License-Identifier: Apache-2.0 */
/* Once a second, from outside of the CPUs: says which one does not come round, and how many lines were suppressed. */
#include "kernel.h"

#include <stdlib.h>

/* As Linux's watchdog: twice watchdog_thresh, which is 10 s. */
enum { STUCK_SECONDS = 20, AGAIN_SECONDS = 60 };

static void *watch(void *unused)
{
    uint64_t *seen = calloc(kernel.cpu_count, sizeof *seen);
    unsigned *still = calloc(kernel.cpu_count, sizeof *still);
    (void)unused;
    for (;;) {
        struct timespec second = {.tv_sec = 1};
        nanosleep(&second, NULL);
        klog_tell_suppressed(false);
        bool debugged = debugger_is_there(); /* it may hold one CPU while this thread runs */
        for (uint32_t index = 0; seen && still && index < kernel.cpu_count; index++) {
            struct cpu *cpu = &kernel.cpus[index];
            uint64_t turns = __atomic_load_n(&cpu->turns, __ATOMIC_RELAXED);
            if (turns != seen[index] || __atomic_load_n(&cpu->idles, __ATOMIC_RELAXED) || debugged) {
                seen[index] = turns;
                still[index] = 0;
            } else if (++still[index] >= STUCK_SECONDS && (still[index] - STUCK_SECONDS) % AGAIN_SECONDS == 0) {
                klog(LOG_EMERG, "watchdog: BUG: soft lockup - CPU#%d stuck for %us! [%s]", cpu->logical, still[index],
                    mkemu_core_running(kernel.core, cpu->logical));
            }
        }
    }
    return NULL;
}

void watch_start(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch, NULL))
        klog(LOG_WARNING, "mkemu: no thread for the watchdog: a CPU that is stuck will not be told");
}
