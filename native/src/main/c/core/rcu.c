/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rcu.c: a reader does not sleep, so it is over when its CPU has been outside modules once. A task of the kernel waits
 * for that and calls back.
 */
#include "core.h"

enum { MOST_OFFSET = 4096 }; /* no function is at so low an address */

void mkc_k_synchronize_rcu(void)
{
    struct mkc_cpu *here = mkc_this_cpu();
    struct mkemu_core *core = here->core;

    mkc_check_atomic(here);
    smp_mb();
    for (uint32_t i = 0; i < core->cpus; i++) {
        struct mkc_cpu *cpu = &core->cpu[i];
        uint64_t since = __atomic_load_n(&cpu->switches, __ATOMIC_SEQ_CST);

        if (cpu != here)
            mkc_wait_until(&cpu->switched, !__atomic_load_n(&cpu->inside, __ATOMIC_SEQ_CST)
                || __atomic_load_n(&cpu->switches, __ATOMIC_SEQ_CST) != since);
    }
    smp_mb();
}

static int caller(void *argument)
{
    struct mkemu_core *core = argument;
    struct mkc_task *self = mkc_this_cpu()->current;

    for (;;) {
        smp_store_mb(self->task.__state, TASK_IDLE);
        mkc_lock_take(&core->rcu_lock);
        struct rcu_head *head = core->rcu_first;
        core->rcu_first = core->rcu_last = NULL;
        mkc_lock_give(&core->rcu_lock);
        if (!head) {
            mkc_k_schedule();
            continue;
        }
        WRITE_ONCE(self->task.__state, TASK_RUNNING);
        mkc_k_synchronize_rcu();
        while (head) {
            struct rcu_head *next = head->next;
            uintptr_t offset = (uintptr_t)head->func;
            struct mkc_running before = mkc_irq_enter(self->cpu, "rcu", head->mkemu_owner, (const void *)offset);
            if (offset < MOST_OFFSET)
                mkc_k_kfree((char *)head - offset); /* kfree_rcu */
            else
                head->func(head);
            mkc_irq_leave(self->cpu, before);
            __atomic_fetch_add(&core->rcu_done, 1, __ATOMIC_SEQ_CST);
            mkc_happened(core, &core->changed);
            head = next;
        }
    }
    return 0;
}

void mkc_k_mkemu_call_rcu(struct module *m, struct rcu_head *head, rcu_callback_t function)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct mkc_task *task = NULL;

    if (!__atomic_load_n(&core->rcu_task, __ATOMIC_ACQUIRE)) {
        task = mkc_task_new(core, NULL, caller, core, mkc_this_cpu()->index, "rcu");
        struct mkc_task *none = NULL;
        if (task && !__atomic_compare_exchange_n(&core->rcu_task, &none, task, false, __ATOMIC_SEQ_CST,
            __ATOMIC_SEQ_CST))
            mkc_task_free(task);
    }
    head->func = function;
    head->next = NULL;
    head->mkemu_owner = m;
    mkc_lock_take(&core->rcu_lock);
    core->rcu_queued++;
    if (core->rcu_last)
        core->rcu_last->next = head;
    else
        core->rcu_first = head;
    core->rcu_last = head;
    mkc_lock_give(&core->rcu_lock);
    task = __atomic_load_n(&core->rcu_task, __ATOMIC_ACQUIRE);
    if (task)
        mkc_wake(task, TASK_NORMAL);
}

void mkc_k_rcu_barrier(void)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    mkc_lock_take(&core->rcu_lock);
    uint64_t queued = core->rcu_queued;
    mkc_lock_give(&core->rcu_lock);
    mkc_check_atomic(mkc_this_cpu());
    mkc_wait_until(&core->changed, __atomic_load_n(&core->rcu_done, __ATOMIC_SEQ_CST) >= queued);
}

/* All callbacks run before the code of a module goes. */
void mkc_rcu_drop(struct mkemu_core *core, struct module *owner)
{
    (void)owner;
    if (core->rcu_task)
        mkc_k_rcu_barrier();
}
