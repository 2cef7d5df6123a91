/* SPDX-License-Identifier: Apache-2.0 */
/* kthread.c: threads of the kernel that modules make. */
#include "core.h"

struct task_struct *mkc_k_mkemu_kthread_create(struct module *m, int (*run)(void *data), void *data, int cpu,
    const char *name)
{
    struct mkc_cpu *here = mkc_this_cpu();
    struct mkemu_core *core = here->core;

    if (cpu >= 0 && (uint32_t)cpu >= core->cpus)
        return ERR_PTR(-EINVAL);
    struct mkc_task *task = mkc_task_new(core, m, run, data, cpu < 0 ? here->index : (uint32_t)cpu, name);
    if (!task)
        return ERR_PTR(-ENOMEM);
    task->is_kthread = task->counted = true;
    core->host.task_started(core->host.self);
    return &task->task;
}

void mkc_k_kthread_bind(struct task_struct *t, unsigned int cpu)
{
    struct mkc_task *task = mkc_task_of(t);

    mkc_lock_take(&task->cpu->lock);
    bool begun = task->runs || task->queued || task->context;
    mkc_lock_give(&task->cpu->lock);
    if (cpu >= task->core->cpus || begun) {
        mkc_log(task->core, 4, "kthread_bind: %s %s: it stays on CPU %u", t->comm,
            cpu < task->core->cpus ? "has begun to run" : "was to be bound to a CPU that does not exist",
            task->cpu->index);
        return;
    }
    task->cpu = &task->core->cpu[cpu];
    t->cpu = (int)cpu;
}

/* The end of a task, in its own context. */
void mkc_task_end(struct mkc_task *task, int64_t result)
{
    struct mkemu_core *core = task->core;

    task->result = result;
    if (task->preempt || task->irqs_off) {
        mkc_log(core, 3, "BUG: kthread %s ended with %d spinlocks held%s", task->task.comm, task->preempt,
            task->irqs_off ? " and interrupts disabled" : "");
        task->preempt = 0;
        task->irqs_off = false;
    }
    if (task->counted) {
        bool failed = result < 0 && result != -EINTR; /* -EINTR: stopped before it ran */
        if (failed) {
            const char *name = mkc_errno_name((int)-result);
            mkc_log(core, 3, "%s: kthread %s returned %lld%s%s: it counts as failed",
                task->owner ? mkc_of(task->owner)->name : "mkemu", task->task.comm, (long long)result,
                name ? ", -" : "", name ? name : "");
        }
        task->counted = false;
        core->host.task_ended(core->host.self, failed);
    }
    mkc_lock_take(&task->cpu->lock);
    WRITE_ONCE(task->task.__state, TASK_DEAD);
    mkc_lock_give(&task->cpu->lock);
    if (task->context)
        mkc_context_end(task->context);
}

static bool has_ended(const struct mkc_task *task)
{
    return __atomic_load_n(&task->ended, __ATOMIC_ACQUIRE);
}

int mkc_k_kthread_stop(struct task_struct *t)
{
    struct mkc_task *task = mkc_task_of(t);
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_check_atomic(cpu);
    __atomic_store_n(&task->stop, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&task->park, 0, __ATOMIC_SEQ_CST);
    mkc_lock_take(&task->cpu->lock);
    /* The context is its CPU's while it runs. */
    bool never = !task->runs && !task->queued && !task->ended && !task->context;
    if (never)
        task->killed = true; /* as in Linux: its function is not called */
    mkc_lock_give(&task->cpu->lock);
    if (never) {
        task->result = -EINTR;
        if (task->counted)
            task->core->host.task_ended(task->core->host.self, 0);
        task->counted = false;
        __atomic_store_n(&task->ended, true, __ATOMIC_RELEASE);
        mkc_happened(task->core, &task->core->changed);
    }
    mkc_wake(task, TASK_NORMAL | TASK_PARKED);
    mkc_wait_until(&task->core->changed, has_ended(task));
    return (int)task->result;
}

bool mkc_k_kthread_should_stop(void)
{
    return __atomic_load_n(&mkc_current(mkc_this_cpu())->stop, __ATOMIC_SEQ_CST);
}

bool mkc_k_kthread_should_park(void)
{
    return __atomic_load_n(&mkc_current(mkc_this_cpu())->park, __ATOMIC_SEQ_CST);
}

void mkc_k_kthread_parkme(void)
{
    struct mkc_task *task = mkc_current(mkc_this_cpu());

    for (;;) {
        smp_store_mb(task->task.__state, TASK_PARKED);
        if (!__atomic_load_n(&task->park, __ATOMIC_SEQ_CST))
            break;
        __atomic_store_n(&task->parked, 1, __ATOMIC_SEQ_CST);
        mkc_happened(task->core, &task->core->changed);
        mkc_k_schedule();
    }
    __atomic_store_n(&task->parked, 0, __ATOMIC_SEQ_CST);
    WRITE_ONCE(task->task.__state, TASK_RUNNING);
}

int mkc_k_kthread_park(struct task_struct *t)
{
    struct mkc_task *task = mkc_task_of(t);

    if (__atomic_load_n(&task->ended, __ATOMIC_ACQUIRE))
        return -ENOSYS;
    if (__atomic_exchange_n(&task->park, 1, __ATOMIC_SEQ_CST))
        return -EBUSY;
    mkc_wake(task, TASK_NORMAL);
    mkc_wait_until(&task->core->changed, __atomic_load_n(&task->parked, __ATOMIC_SEQ_CST) || has_ended(task));
    return 0;
}

void mkc_k_kthread_unpark(struct task_struct *t)
{
    struct mkc_task *task = mkc_task_of(t);

    __atomic_store_n(&task->park, 0, __ATOMIC_SEQ_CST);
    mkc_wake(task, TASK_PARKED);
}

void *mkc_k_kthread_data(struct task_struct *task)
{
    return mkc_task_of(task)->data;
}

void mkc_k_mkemu_kthread_exit(struct completion *done, long result)
{
    if (done)
        mkc_k_complete(done);
    mkc_task_end(mkc_this_cpu()->current, result);
}

void mkc_k_mkemu_task_get(struct task_struct *task)
{
    __atomic_fetch_add(&mkc_task_of(task)->references, 1, __ATOMIC_SEQ_CST);
}

/* A task that has ended stays until its module ends, so that a late kthread_stop finds it. */
void mkc_k_mkemu_task_put(struct task_struct *task)
{
    __atomic_fetch_sub(&mkc_task_of(task)->references, 1, __ATOMIC_SEQ_CST);
}

/* One of the tasks of a module, or of all; NULL: there is none. */
static struct mkc_task *any(struct mkemu_core *core, struct module *owner, bool that_lives)
{
    struct mkc_task *task, *found = NULL;

    mkc_lock_take(&core->lock);
    list_for_each_entry(task, &core->tasks, all) {
        if ((!owner || (task->is_kthread && task->owner == owner))
            && !(that_lives && __atomic_load_n(&task->ended, __ATOMIC_ACQUIRE))
            && !(mkc_this_cpu() && task == mkc_this_cpu()->current)) {
            found = task;
            break;
        }
    }
    mkc_lock_give(&core->lock);
    return found;
}

/* Ends what a module left behind. owner NULL: everything, after the CPUs have stopped. */
void mkc_tasks_kill(struct mkemu_core *core, struct module *owner)
{
    struct mkc_task *task;

    while ((task = any(core, owner, true))) {
        struct mkc_cpu *cpu = task->cpu;

        if (owner)
            mkc_log(core, 4, "%s: left kthread %s (pid %d): it is ended", mkc_of(owner)->name, task->task.comm,
                task->task.pid);
        mkc_lock_take(&cpu->lock);
        task->killed = true;
        bool runs = task->runs;
        if (!runs && task->queued) {
            list_del_init(&task->ready);
            task->queued = false;
        }
        mkc_lock_give(&cpu->lock);
        if (runs) /* then its own CPU frees its stack, when it leaves it */
            mkc_wait_until(&core->changed, has_ended(task));
        mkc_timer_disarm(core, &task->sleep);
        if (!runs) {
            if (task->context)
                mkc_context_free(task->context);
            task->context = NULL;
            __atomic_store_n(&task->ended, true, __ATOMIC_RELEASE);
            mkc_happened(core, &core->changed);
        }
        if (task->counted && !core->dead)
            core->host.task_ended(core->host.self, 0);
        task->counted = false;
    }
    while ((task = any(core, owner, false)))
        mkc_task_free(task);
}
