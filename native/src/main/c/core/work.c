/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.c: workqueues. Each CPU has kworkers, one of which runs at a time; when it sleeps and work waits, another one
 * goes on. One lock covers all. A work's own memory is not touched after its function has begun, which may free it.
 */
#include "work.h"

static struct mkc_worker *runner(struct mkemu_core *core, const struct work_struct *work)
{
    struct mkc_worker *w;

    for (uint32_t i = 0; i < core->cpus; i++)
        list_for_each_entry(w, &core->cpu[i].pool->workers, list)
            if (w->work == work)
                return w;
    return NULL;
}

uintptr_t mkc_worker_runs(const struct mkc_worker *w)
{
    return (uintptr_t)w->function;
}

/* The first work of a CPU that may begin. */
static struct work_struct *next_work(struct mkc_pool *pool)
{
    struct work_struct *work;

    list_for_each_entry(work, &pool->works, entry)
        if (work->queue->cpu[pool->cpu->index].active < work->queue->max_active
            && !runner(pool->cpu->core, work))
            return work;
    return NULL;
}

static int worker(void *argument);

/* Wakes or makes a kworker of a CPU, if work waits there and none runs; the lock is held, and let go meanwhile. */
static void kick(struct mkc_pool *pool)
{
    struct mkemu_core *core = pool->cpu->core;
    struct mkc_worker *w, *idle = NULL;
    char name[TASK_COMM_LEN];

    list_for_each_entry(w, &pool->workers, list) {
        if (w->idle)
            idle = w;
        else if (!w->sleeps)
            return;
    }
    if (!next_work(pool))
        return;
    if (idle) {
        idle->idle = false;
        struct mkc_task *task = idle->task;
        mkc_lock_give(&core->work_lock);
        mkc_wake(task, TASK_NORMAL);
        mkc_lock_take(&core->work_lock);
        return;
    }
    w = mkc_alloc(sizeof *w);
    if (!w)
        return;
    w->pool = pool;
    list_add_tail(&w->list, &pool->workers);
    mkc_format(name, sizeof name, "kworker/%u:%u", pool->cpu->index, pool->made++);
    mkc_lock_give(&core->work_lock);
    w->task = mkc_task_new(core, NULL, worker, w, pool->cpu->index, name);
    if (w->task) {
        w->task->worker = w;
        w->task->task.flags |= PF_WQ_WORKER;
        mkc_wake(w->task, TASK_NORMAL);
    }
    mkc_lock_take(&core->work_lock);
    if (!w->task) {
        list_del(&w->list);
        mkc_free(w);
    }
}

static void run_work(struct mkc_worker *w, struct work_struct *work)
{
    struct mkemu_core *core = w->pool->cpu->core;
    struct mkc_cpu *cpu = w->pool->cpu;
    struct workqueue_struct *queue = work->queue;

    list_del(&work->entry);
    work->pending = 0;
    work->begun++;
    w->work = work;
    w->queue = queue;
    w->function = work->func;
    w->number++;
    w->task->owner = work->owner;
    queue->waiting--;
    queue->running++;
    queue->cpu[cpu->index].active++;
    kick(w->pool); /* it counts as one that runs, so this only looks */
    mkc_lock_give(&core->work_lock);
    mkc_happened(core, &core->changed);
    w->function(work);
    if (w->task->preempt || w->task->irqs_off) {
        mkc_log(core, 3, "BUG: workqueue leaked atomic: %s/0x%x/%d", w->task->task.comm,
            (unsigned int)w->task->preempt, w->task->task.pid);
        w->task->preempt = 0;
        w->task->irqs_off = false;
    }
    mkc_lock_take(&core->work_lock);
    w->task->owner = NULL;
    w->work = NULL;
    w->queue = NULL;
    queue->cpu[cpu->index].active--;
    queue->running--;
}

static int worker(void *argument)
{
    struct mkc_worker *w = argument;
    struct mkc_pool *pool = w->pool;
    struct mkemu_core *core = pool->cpu->core;

    mkc_lock_take(&core->work_lock);
    while (!pool->ends) {
        struct work_struct *work = next_work(pool);
        if (work) {
            run_work(w, work);
            /* Between two works others have their turn. */
            mkc_lock_give(&core->work_lock);
            mkc_happened(core, &core->changed);
            mkc_k_mkemu_cond_resched();
            mkc_lock_take(&core->work_lock);
            continue;
        }
        w->idle = true;
        smp_store_mb(w->task->task.__state, TASK_IDLE);
        mkc_lock_give(&core->work_lock);
        mkc_k_schedule();
        mkc_lock_take(&core->work_lock);
        w->idle = false;
    }
    mkc_lock_give(&core->work_lock);
    return 0;
}

/* A kworker whose work sleeps lets the next one begin. */
void mkc_worker_sleeps(struct mkc_task *task)
{
    struct mkemu_core *core = task->core;

    if (!task->worker->work)
        return;
    mkc_lock_take(&core->work_lock);
    task->worker->sleeps = true;
    kick(task->worker->pool);
    mkc_lock_give(&core->work_lock);
}

void mkc_worker_wakes(struct mkc_task *task)
{
    mkc_lock_take(&task->core->work_lock);
    task->worker->sleeps = false;
    mkc_lock_give(&task->core->work_lock);
}

/* The lock is held. */
static bool enqueue(struct mkc_cpu *cpu, struct module *m, struct workqueue_struct *queue, struct work_struct *work)
{
    struct mkemu_core *core = cpu->core;

    if (work->pending || work->disabled)
        return false;
    if (queue->dies || (queue->draining && !(mkc_current(mkc_this_cpu())->worker
        && mkc_current(mkc_this_cpu())->worker->queue == queue)))
        return false;
    struct mkc_worker *w = runner(core, work);
    if (w) /* what runs is not run elsewhere at once */
        cpu = w->pool->cpu;
    else if (queue->flags & __WQ_ORDERED)
        cpu = &core->cpu[0];
    work->pending = 1;
    work->queue = queue;
    work->owner = m;
    work->cpu = cpu->index;
    queue->waiting++;
    list_add_tail(&work->entry, &cpu->pool->works);
    kick(cpu->pool);
    return true;
}

bool mkc_k_mkemu_work_queue(struct module *m, int on, struct workqueue_struct *queue, struct work_struct *work)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core *core = cpu->core;

    if (on >= 0 && (uint32_t)on < core->cpus)
        cpu = &core->cpu[on];
    mkc_lock_take(&core->work_lock);
    bool queued = enqueue(cpu, m, queue, work);
    mkc_lock_give(&core->work_lock);
    return queued;
}

void mkc_delayed_work_fires(struct mkc_cpu *cpu, struct delayed_work *work)
{
    mkc_lock_take(&cpu->core->work_lock);
    if (work->work.pending == 2) { /* else it was cancelled meanwhile */
        work->work.pending = 0;
        struct mkc_cpu *on = work->cpu >= 0 ? &cpu->core->cpu[work->cpu] : cpu;
        enqueue(on, work->work.owner, work->wq, &work->work);
    }
    mkc_lock_give(&cpu->core->work_lock);
}

/* A work that is queued goes out of its queue; the lock is held. */
bool mkc_dequeue(struct work_struct *work)
{
    bool was = work->pending == 1;

    if (was) {
        list_del(&work->entry);
        work->queue->waiting--;
    }
    if (work->pending)
        work->pending = 0;
    return was;
}

bool mkc_k_mkemu_delayed_work_queue(struct module *m, int on, struct workqueue_struct *queue,
    struct delayed_work *work, unsigned long delay, bool modify)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core *core = cpu->core;

    if (on >= 0 && (uint32_t)on >= core->cpus)
        on = -1;
    int64_t due = (int64_t)mkc_nanos(core) + (delay > LONG_MAX / 2000000 ? LONG_MAX / 2 : (long)delay * 1000000);
    mkc_lock_take(&core->work_lock);
    bool was = work->work.pending != 0;
    if (work->work.disabled || (was && !modify)) {
        mkc_lock_give(&core->work_lock);
        return false;
    }
    if (was) {
        mkc_dequeue(&work->work);
        mkc_timer_disarm(core, &work->timer.node);
    }
    work->wq = queue;
    work->cpu = on;
    work->work.owner = m;
    if (delay) {
        work->work.pending = 2;
        /* While the lock is held, so that who cancels it finds it armed. Of this CPU: the host is not called. */
        mkc_timer_arm(cpu, &work->timer.node, due, MKC_DELAYED_WORK, m, false, false);
    } else {
        enqueue(on >= 0 ? &core->cpu[on] : cpu, m, queue, &work->work);
    }
    mkc_lock_give(&core->work_lock);
    return modify ? was : true;
}

static bool has_begun(struct mkemu_core *core, const struct work_struct *work, uint32_t before)
{
    mkc_lock_take(&core->work_lock);
    bool begun = work->begun != before || work->pending != 1;
    mkc_lock_give(&core->work_lock);
    return begun;
}

static bool is_over(struct mkemu_core *core, const struct mkc_worker *w, const struct work_struct *work,
    uint64_t number)
{
    mkc_lock_take(&core->work_lock);
    bool over = w->work != work || w->number != number;
    mkc_lock_give(&core->work_lock);
    return over;
}

/* Waits until what runs of a work now does not run any more. A worker stays as long as the core. */
static bool wait_for(struct mkemu_core *core, struct work_struct *work)
{
    struct mkc_task *task = mkc_current(mkc_this_cpu());

    mkc_lock_take(&core->work_lock);
    struct mkc_worker *w = runner(core, work);
    uint64_t number = w ? w->number : 0;
    mkc_lock_give(&core->work_lock);
    if (w && w->task == task) {
        mkc_log(core, 4, "WARNING: work that waits for itself: not waited for");
        mkc_trace(core);
        return true;
    }
    if (w)
        mkc_wait_until(&core->changed, is_over(core, w, work, number));
    return w != NULL;
}

bool mkc_k_flush_work(struct work_struct *work)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    mkc_k_mkemu_might_sleep("flush_work", 0);
    mkc_lock_take(&core->work_lock);
    bool waits = work->pending == 1;
    uint32_t before = work->begun;
    mkc_lock_give(&core->work_lock);
    if (waits)
        mkc_wait_until(&core->changed, has_begun(core, work, before));
    return wait_for(core, work) || waits;
}

bool mkc_k_flush_delayed_work(struct delayed_work *work)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_lock_take(&cpu->core->work_lock);
    if (work->work.pending == 2) {
        mkc_timer_disarm(cpu->core, &work->timer.node);
        work->work.pending = 0;
        enqueue(work->cpu >= 0 ? &cpu->core->cpu[work->cpu] : cpu, work->work.owner, work->wq, &work->work);
    }
    mkc_lock_give(&cpu->core->work_lock);
    return mkc_k_flush_work(&work->work);
}

/* While a cancellation waits, the work cannot be queued again, not even by itself. */
static bool cancel(struct work_struct *work, struct mkemu_timer *timer, bool wait, bool disable)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    mkc_lock_take(&core->work_lock);
    bool was = work->pending != 0;
    mkc_dequeue(work);
    work->disabled++;
    mkc_lock_give(&core->work_lock);
    mkc_happened(core, &core->changed);
    if (timer) {
        mkc_timer_disarm(core, timer);
        /* Its timer fires: it finds that nothing is pending. */
        for (uint32_t spins = 0, i = 0; wait && i < core->cpus;)
            if (__atomic_load_n(&core->cpu[i].firing, __ATOMIC_SEQ_CST) == timer)
                mkc_relax(core, &spins);
            else
                i++;
    }
    if (wait) {
        mkc_k_mkemu_might_sleep("cancel_work_sync", 0);
        wait_for(core, work);
    }
    if (!disable) {
        mkc_lock_take(&core->work_lock);
        work->disabled--;
        mkc_lock_give(&core->work_lock);
    }
    return was;
}

bool mkc_k_mkemu_work_cancel(struct work_struct *work, bool wait, int disable)
{
    return cancel(work, NULL, wait, disable);
}

bool mkc_k_mkemu_delayed_work_cancel(struct delayed_work *work, bool wait)
{
    return cancel(&work->work, &work->timer.node, wait, false);
}

bool mkc_k_enable_work(struct work_struct *work)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    mkc_lock_take(&core->work_lock);
    bool enabled = work->disabled && !--work->disabled;
    mkc_lock_give(&core->work_lock);
    return enabled;
}

unsigned int mkc_k_work_busy(struct work_struct *work)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    mkc_lock_take(&core->work_lock);
    unsigned int busy = (work->pending ? WORK_BUSY_PENDING : 0) | (runner(core, work) ? WORK_BUSY_RUNNING : 0);
    mkc_lock_give(&core->work_lock);
    return busy;
}
