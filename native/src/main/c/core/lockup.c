/* SPDX-License-Identifier: Apache-2.0 */
/* lockup.c: finds a CPU that does not come out of a module, as Linux's watchdog does, and says what runs on it, where. */
#include "core.h"

/* As Linux's: twice watchdog_thresh, which is 10 s. */
enum { STUCK_SECONDS = 20, AGAIN_SECONDS = 60, FRAMES = 64 };

/* A CPU that hangs does not write what is read here meanwhile. */
static void tell(struct mkc_cpu *cpu, uint32_t seconds)
{
    struct mkemu_core *core = cpu->core;
    struct mkc_task *task = READ_ONCE(cpu->current);
    struct mkc_thread *thread = task && task->context ? mkc_context_is_on(task->context) : NULL;
    uintptr_t addresses[FRAMES];
    char name[160];

    mkc_log(core, 0, "watchdog: BUG: soft lockup - CPU#%u stuck for %us! [%s]", cpu->index, seconds,
        mkemu_core_running(core, (int32_t)cpu->index));
    uint32_t n = mkc_thread_trace(thread ? thread : &cpu->thread, addresses, FRAMES);
    bool first = true;
    for (uint32_t i = 0; i < n; i++) {
        uintptr_t address = addresses[i] - (i != 0); /* of the call, which returns behind it */

        if (!mkc_is_shown(core, address))
            continue;
        mkc_symbol(core, address, true, name, sizeof name);
        mkc_log(core, 0, "%s%s", first ? "RIP: " : "  called by ", name);
        first = false;
    }
}

void mkemu_core_watch(struct mkemu_core *core, bool held)
{
    for (uint32_t i = 0; i < core->cpus; i++) {
        struct mkc_cpu *cpu = &core->cpu[i];
        uint64_t switches = __atomic_load_n(&cpu->switches, __ATOMIC_RELAXED);

        if (held || switches != cpu->seen || !__atomic_load_n(&cpu->inside, __ATOMIC_RELAXED)) {
            cpu->seen = switches;
            cpu->stuck = 0;
        } else if (++cpu->stuck >= STUCK_SECONDS && (cpu->stuck - STUCK_SECONDS) % AGAIN_SECONDS == 0) {
            tell(cpu, cpu->stuck);
        }
    }
}
