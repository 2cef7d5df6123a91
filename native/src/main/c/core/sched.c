/* SPDX-License-Identifier: Apache-2.0 */
/* sched.c: tasks, who runs next, sleeps and wake-ups. A task stays on its CPU. */
#include "core.h"

struct mkc_task *mkc_current(struct mkc_cpu *cpu)
{
    return cpu->in_irq || !cpu->current ? &cpu->idle : cpu->current;
}

struct mkc_task *mkc_task_of(struct task_struct *task)
{
    return container_of(task, struct mkc_task, task);
}

static void entry(void *argument)
{
    struct mkc_task *task = argument;

    mkc_task_end(task, task->run(task->data));
}

struct mkc_task *mkc_task_new(struct mkemu_core *core, struct module *owner, int (*run)(void *data), void *data,
    uint32_t cpu, const char *name)
{
    struct mkc_task *task = mkc_alloc(sizeof *task);

    if (!task)
        return NULL;
    task->core = core;
    task->cpu = &core->cpu[cpu];
    task->owner = owner;
    task->run = run;
    task->data = data;
    task->references = 1;
    task->task.cpu = (int)cpu;
    task->task.flags = PF_KTHREAD;
    task->task.pid = task->task.tgid = (pid_t)__atomic_fetch_add(&core->next_pid, 1, __ATOMIC_RELAXED);
    task->task.__state = TASK_UNINTERRUPTIBLE;
    mkc_format(task->task.comm, sizeof task->task.comm, "%s", name);
    INIT_LIST_HEAD(&task->ready);
    INIT_LIST_HEAD(&task->waits);
    mkc_lock_take(&core->lock);
    list_add_tail(&task->all, &core->tasks);
    mkc_lock_give(&core->lock);
    return task;
}

/* Its stack is made when it first runs, on its own CPU. */
static bool make_context(struct mkc_task *task)
{
    struct mkemu_core *core = task->core;

    task->context = mkc_context_new(entry, task, core->contexts == MKEMU_CONTEXTS_ARE_THREADS
        ? core->host.context_start : NULL, core->host.self, (int32_t)task->cpu->index);
    return task->context != NULL;
}

void mkc_task_free(struct mkc_task *task)
{
    mkc_wait_drop(task);
    mkc_lock_take(&task->core->lock);
    list_del(&task->all);
    mkc_lock_give(&task->core->lock);
    if (task->context)
        mkc_context_free(task->context);
    mkc_free(task);
}

bool mkc_make_ready(struct mkc_task *task, unsigned int states, bool *queued)
{
    struct mkc_cpu *cpu = task->cpu;
    bool woken = false;

    *queued = false;

    smp_mb(); /* what the caller stored before is seen by the task, or the task's state is seen here */
    mkc_lock_take(&cpu->lock);
    if ((READ_ONCE(task->task.__state) & states) && !task->ended && !task->killed) {
        WRITE_ONCE(task->task.__state, TASK_RUNNING);
        woken = true;
        if (!task->runs && !task->queued) {
            task->queued = *queued = true;
            list_add_tail(&task->ready, &cpu->ready);
        }
    }
    mkc_lock_give(&cpu->lock);
    return woken;
}

bool mkc_wake(struct mkc_task *task, unsigned int states)
{
    struct mkc_cpu *cpu = task->cpu;
    bool queued, woken = mkc_make_ready(task, states, &queued);

    if (queued)
        mkc_attention(cpu);
    return woken;
}

/* Frees what only a running task needs, after its last turn. */
static void reap(struct mkc_task *task)
{
    if (task->context)
        mkc_context_free(task->context);
    task->context = NULL;
    struct mkemu_core *core = task->core;
    __atomic_store_n(&task->ended, true, __ATOMIC_RELEASE); /* it may be freed from here on */
    mkc_happened(core, &core->changed);
}

static void no_stack(struct mkc_task *task)
{
    mkc_log(task->core, 3, "kthread %s: no memory for its stack", task->task.comm);
    mkc_task_end(task, -ENOMEM);
}

/* Runs the first task that has not had its slice; false: none. */
bool mkc_run_task(struct mkc_cpu *cpu)
{
    mkc_lock_take(&cpu->lock);
    struct mkc_task *task = list_first_entry_or_null(&cpu->ready, struct mkc_task, ready);
    if (!task || task->slice == cpu->slice) {
        mkc_lock_give(&cpu->lock);
        return false;
    }
    list_del_init(&task->ready);
    task->queued = false;
    task->runs = true;
    mkc_lock_give(&cpu->lock);
    task->slice = cpu->slice;
    cpu->current = task;
    mkc_goes_inside(cpu);
    if (task->context || make_context(task))
        mkc_context_enter(task->context);
    else
        no_stack(task);
    cpu->current = NULL;
    if (cpu->core->dead) {
        task->runs = false;
        return false;
    }
    mkc_comes_outside(cpu);
    if (cpu->line_length)
        mkc_flush_line(cpu);
    mkc_lock_take(&cpu->lock);
    bool over = task->killed || task->task.__state == TASK_DEAD;
    /* It counts as running until it has ended: others would free its stack too, or think that it never ran. */
    task->runs = over;
    if (!over && READ_ONCE(task->task.__state) == TASK_RUNNING) {
        task->queued = true;
        list_add_tail(&task->ready, &cpu->ready);
    }
    mkc_lock_give(&cpu->lock);
    if (over)
        reap(task);
    return true;
}

/* As Linux does it: to sleep with a lock held, or in a callback, is the end. */
void mkc_check_atomic(struct mkc_cpu *cpu)
{
    struct mkc_task *task = mkc_current(cpu);
    char text[160], function[96] = "";

    if (!cpu->in_irq && cpu->current && !task->preempt && !task->irqs_off)
        return;
    if (cpu->in_irq && cpu->running.function)
        mkc_symbol(cpu->core, (uintptr_t)cpu->running.function, false, function, sizeof function);
    mkc_format(text, sizeof text, "BUG: scheduling while atomic: %s/%d/0x%08x%s%s", task->task.comm, task->task.pid,
        (unsigned int)(task->preempt + (task->irqs_off ? 0x100 : 0) + cpu->in_irq * 0x10000),
        *function ? ", in " : "", function);
    mkc_log(cpu->core, 3, "%s", text);
    mkc_trace(cpu->core);
    mkc_panic(cpu->core, text);
}

/* Leaves this task until somebody wakes it; at once ready again if its state is TASK_RUNNING. */
void mkc_k_schedule(void)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_check_atomic(cpu);
    struct mkc_task *task = cpu->current;
    if (task->worker && READ_ONCE(task->task.__state) != TASK_RUNNING)
        mkc_worker_sleeps(task);
    mkc_context_leave(task->context);
    if (task->worker)
        mkc_worker_wakes(task);
}

/* Sleeps until due, in ns; true: somebody woke it before. Its state has been set. */
bool mkc_sleep_until(int64_t due)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkc_task *task = cpu->current;

    mkc_check_atomic(cpu);
    task->timed_out = false;
    mkc_timer_arm(cpu, &task->sleep, due, MKC_SLEEP, NULL, false, false);
    mkc_k_schedule();
    mkc_timer_disarm(task->core, &task->sleep);
    return !task->timed_out;
}

void mkc_sleep(int64_t ns)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    int64_t due = (int64_t)mkc_nanos(cpu->core) + ns;

    mkc_check_atomic(cpu);
    do {
        WRITE_ONCE(cpu->current->task.__state, TASK_UNINTERRUPTIBLE);
    } while (mkc_sleep_until(due) && (int64_t)mkc_nanos(cpu->core) < due);
}

int mkc_k_mkemu_schedule_until(s64 due)
{
    return mkc_sleep_until(due);
}

long mkc_k_schedule_timeout(long timeout)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (timeout == MAX_SCHEDULE_TIMEOUT) {
        mkc_k_schedule();
        return timeout;
    }
    if (timeout < 0) {
        mkc_log(cpu->core, 3, "schedule_timeout: wrong timeout value %lx", (unsigned long)timeout);
        WRITE_ONCE(mkc_current(cpu)->task.__state, TASK_RUNNING);
        return 0;
    }
    int64_t now = (int64_t)mkc_nanos(cpu->core), most = (INT64_MAX - now) / 1000000;
    int64_t due = now + (timeout > most ? most : timeout) * 1000000;
    mkc_sleep_until(due);
    int64_t left = (due - (int64_t)mkc_nanos(cpu->core) + 999999) / 1000000;
    return left > 0 ? (long)left : 0;
}

int mkc_k_mkemu_cond_resched(void)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (!cpu->current || cpu->in_irq || cpu->current->preempt || cpu->current->irqs_off)
        return 0;
    mkc_k_schedule();
    return 1;
}

int mkc_k_mkemu_wake(struct task_struct *task, unsigned int states)
{
    return mkc_wake(mkc_task_of(task), states);
}

struct task_struct *mkc_k_mkemu_current(void)
{
    return &mkc_current(mkc_this_cpu())->task;
}

int mkc_k_mkemu_cpu(void)
{
    return (int)mkc_this_cpu()->index;
}

int mkc_k_mkemu_physical_cpu(void)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    return core->host.physical_cpu(core->host.self);
}

unsigned int mkc_k_mkemu_cpus(void)
{
    return mkc_this_cpu()->core->cpus;
}

void mkc_k_mkemu_preempt(int by)
{
    mkc_current(mkc_this_cpu())->preempt += by;
}

unsigned long mkc_k_mkemu_irqs(unsigned long enabled)
{
    struct mkc_task *task = mkc_current(mkc_this_cpu());
    unsigned long before = !task->irqs_off;

    task->irqs_off = !enabled;
    return before;
}

unsigned long mkc_k_mkemu_atomic(void)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkc_task *task = mkc_current(cpu);

    return (task->preempt || cpu->in_irq ? 1ul : 0ul) | (cpu->in_irq ? 2ul : 0ul) | (task->irqs_off ? 4ul : 0ul);
}

void mkc_k_mkemu_relax(void)
{
    uint32_t spins = 1000;

    mkc_relax(mkc_this_cpu()->core, &spins);
}

void mkc_k_mkemu_might_sleep(const char *file, int line)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkc_task *task = mkc_current(cpu);

    if (cpu->current && !cpu->in_irq && !task->preempt && !task->irqs_off)
        return;
    mkc_log(cpu->core, 3, "BUG: sleeping function called from invalid context at %s:%d", file, line);
    mkc_log(cpu->core, 3, "in_atomic(): %d, irqs_disabled(): %d, pid: %d, name: %s", task->preempt || cpu->in_irq,
        task->irqs_off, task->task.pid, task->task.comm);
    mkc_trace(cpu->core);
}
