/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.c: tasks that wait for something of the core itself: that a work has ended, a kthread, a reader of RCU. There
 * are few of them, so one list does for almost all, and each that is woken looks whether it was meant.
 */
#include "core.h"

void mkc_wait_begin(struct mkc_event *event)
{
    struct mkc_task *task = mkc_this_cpu()->current;
    struct mkemu_core *core = task->core;

    mkc_lock_take(&core->wait_lock);
    WRITE_ONCE(task->task.__state, TASK_UNINTERRUPTIBLE);
    if (list_empty(&task->waits))
        list_add_tail(&task->waits, &event->waiters);
    mkc_lock_give(&core->wait_lock);
    smp_mb(); /* what is looked at now was stored before mkc_happened, or that finds this task */
}

void mkc_wait_drop(struct mkc_task *task)
{
    mkc_lock_take(&task->core->wait_lock);
    list_del_init(&task->waits);
    mkc_lock_give(&task->core->wait_lock);
}

void mkc_wait_end(void)
{
    struct mkc_task *task = mkc_this_cpu()->current;

    WRITE_ONCE(task->task.__state, TASK_RUNNING);
    mkc_wait_drop(task);
}

void mkc_happened(struct mkemu_core *core, struct mkc_event *event)
{
    struct list_head now;

    smp_mb();
    /* Of a core that is dead no task runs any more, and the host is not to be called. */
    if (!mkc_is_awaited(event) || core->dead)
        return;
    INIT_LIST_HEAD(&now);
    mkc_lock_take(&core->wait_lock);
    list_splice_init(&event->waiters, &now);
    while (!list_empty(&now)) {
        struct mkc_task *task = list_first_entry(&now, struct mkc_task, waits);
        struct mkc_cpu *cpu = task->cpu;
        bool queued;

        list_del_init(&task->waits);
        mkc_make_ready(task, TASK_UNINTERRUPTIBLE, &queued); /* with the lock: it is not freed meanwhile */
        mkc_lock_give(&core->wait_lock);
        if (queued)
            mkc_attention(cpu);
        mkc_lock_take(&core->wait_lock);
    }
    mkc_lock_give(&core->wait_lock);
}
