/* SPDX-License-Identifier: Apache-2.0 */
/* core.c: a core, its CPUs, and one turn of a CPU. */
#include "core.h"

/* The only thing that is not a core's own: a thread is one CPU at a time. */
static __thread struct mkc_cpu *this_cpu __attribute__((tls_model("initial-exec")));

struct mkc_cpu *mkc_this_cpu(void)
{
    return this_cpu;
}

void mkc_set_this_cpu(struct mkc_cpu *cpu)
{
    this_cpu = cpu;
}

uint32_t mkemu_core_abi(void)
{
    return MKEMU_CORE_ABI;
}

void mkc_lock_take(struct mkc_lock *lock)
{
    for (uint32_t spins = 0; __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE); spins++)
        if (spins > 100)
            mkc_pause();
}

void mkc_lock_give(struct mkc_lock *lock)
{
    __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

void mkc_relax(struct mkemu_core *core, uint32_t *spins)
{
    if (++*spins < 100)
        return;
    (void)core->host.nanos(core->host.self); /* a kernel that is simulated lets other CPUs run here */
    mkc_pause();
}

uint64_t mkc_nanos(struct mkemu_core *core)
{
    return core->host.nanos(core->host.self);
}

void mkc_attention(struct mkc_cpu *cpu)
{
    __atomic_store_n(&cpu->told.attention, 1, __ATOMIC_SEQ_CST);
    if (cpu != this_cpu)
        cpu->core->host.reschedule(cpu->core->host.self, (int32_t)cpu->index);
}

/*
 * Who waits for readers of RCU (rcu.c) looks at the CPUs but its own. So with one CPU nobody does, and the store need
 * not wait for the stores before it: on the way of each message that costs as much as the rest of its delivery.
 */
void mkc_goes_inside(struct mkc_cpu *cpu)
{
    if (cpu->core->cpus == 1)
        __atomic_store_n(&cpu->inside, 1, __ATOMIC_RELAXED);
    else
        __atomic_store_n(&cpu->inside, 1, __ATOMIC_SEQ_CST); /* before what the reader loads */
}

void mkc_comes_outside(struct mkc_cpu *cpu)
{
    __atomic_store_n(&cpu->switches, cpu->switches + 1, __ATOMIC_RELEASE); /* after what the reader loaded */
    if (cpu->core->cpus == 1) {
        __atomic_store_n(&cpu->inside, 0, __ATOMIC_RELEASE);
        return;
    }
    /* Before the look for who waits: that task is on the list before it looks at these two. */
    __atomic_store_n(&cpu->inside, 0, __ATOMIC_SEQ_CST);
    if (mkc_is_awaited(&cpu->switched))
        mkc_happened(cpu->core, &cpu->switched);
}

struct mkc_running mkc_irq_enter(struct mkc_cpu *cpu, const char *what, struct module *m, const void *function)
{
    struct mkc_running before = cpu->running;

    cpu->in_irq++;
    cpu->running = (struct mkc_running){what, m, function};
    mkc_goes_inside(cpu);
    return before;
}

void mkc_irq_leave(struct mkc_cpu *cpu, struct mkc_running before)
{
    cpu->running = before;
    cpu->in_irq--;
    if (!cpu->in_irq && cpu->line_length)
        mkc_flush_line(cpu);
    if (!cpu->current && !cpu->in_irq) {
        if (cpu->idle.preempt || cpu->idle.irqs_off) {
            mkc_log(cpu->core, 3, "BUG: a callback on CPU %u returned with %d spinlocks held%s", cpu->index,
                cpu->idle.preempt, cpu->idle.irqs_off ? " and interrupts disabled" : "");
            cpu->idle.preempt = 0;
            cpu->idle.irqs_off = false;
        }
        mkc_comes_outside(cpu);
    }
}

struct mkemu_core_module *mkc_of(struct module *m)
{
    return m ? m->core : NULL;
}

struct mkemu_core *mkemu_core_new(const struct mkemu_host *host, uint32_t cpus, int32_t instance_id,
    enum mkemu_contexts contexts)
{
    struct mkemu_core *core = cpus && cpus <= MKEMU_NR_CPUS ? mkc_alloc(sizeof *core) : NULL;

    if (!core)
        return NULL;
    core->host = *host;
    core->cpus = cpus;
    core->id = instance_id;
    core->contexts = contexts;
    core->next_pid = 2;
    INIT_LIST_HEAD(&core->modules);
    INIT_LIST_HEAD(&core->tasks);
    INIT_LIST_HEAD(&core->changed.waiters);
    INIT_LIST_HEAD(&core->pages);
    INIT_LIST_HEAD(&core->entries);
    core->cpu = mkc_alloc(cpus * sizeof *core->cpu);
    if (!core->cpu) {
        mkc_free(core);
        return NULL;
    }
    for (uint32_t i = 0; i < cpus; i++) {
        struct mkc_cpu *cpu = &core->cpu[i];

        cpu->core = core;
        cpu->index = i;
        cpu->told.sender_cpu = -1;
        INIT_LIST_HEAD(&cpu->ready);
        INIT_LIST_HEAD(&cpu->switched.waiters);
        INIT_LIST_HEAD(&cpu->tasklets);
        INIT_LIST_HEAD(&cpu->hi_tasklets);
        cpu->idle.core = core;
        cpu->idle.cpu = cpu;
        cpu->idle.task.cpu = (int)i;
        cpu->idle.task.flags = PF_KTHREAD;
        mkc_format(cpu->idle.task.comm, sizeof cpu->idle.task.comm, "swapper/%u", i);
    }
    if (!mkc_work_new(core)) {
        mkc_free(core->cpu);
        mkc_free(core);
        return NULL;
    }
    uintptr_t once;
    mkc_backtrace(&once, 1); /* the unwinder loads what it needs now, and not in a report */
    return core;
}

void mkemu_core_free(struct mkemu_core *core)
{
    mkc_tasks_kill(core, NULL);
    mkc_work_free(core);
    for (int i = 0; i < 256; i++)
        mkc_free(core->instances[i]);
    mkc_free(core->cpu);
    mkc_free(core);
}

static void run(void *argument)
{
    struct mkc_cpu *cpu = argument;

    this_cpu = cpu;
    cpu->slice++;
    do {
        __atomic_store_n(&cpu->told.attention, 0, __ATOMIC_SEQ_CST);
        mkc_softirqs_run(cpu);
        mkc_timers_run(cpu);
    } while (mkc_run_task(cpu));
}

bool mkc_enter(struct mkc_cpu *cpu, void (*function)(void *argument), void *argument)
{
    struct mkc_cpu *before = this_cpu;

    mkc_cpu_watch(cpu);
    if (cpu->core->contexts == MKEMU_CONTEXTS_ARE_COROUTINES)
        function(argument); /* the kernel is alone in its process, and ends with it */
    else if (!cpu->core->dead)
        mkc_catch(function, argument, mkc_fault_of_cpu);
    this_cpu = before;
    return !cpu->core->dead;
}

int64_t mkemu_core_run(struct mkemu_core *core, int32_t logical_cpu)
{
    struct mkc_cpu *cpu = &core->cpu[logical_cpu];

    if (!mkc_enter(cpu, run, cpu))
        return INT64_MAX;
    mkc_lock_take(&cpu->lock);
    bool ready = !list_empty(&cpu->ready);
    mkc_lock_give(&cpu->lock);
    if (ready)
        __atomic_store_n(&cpu->told.attention, 1, __ATOMIC_SEQ_CST);
    return ready || __atomic_load_n(&cpu->told.attention, __ATOMIC_SEQ_CST) ? 0 : mkc_timers_next(cpu);
}

struct mkemu_core_cpu *mkemu_core_cpu(struct mkemu_core *core, int32_t logical_cpu)
{
    return &core->cpu[logical_cpu].told;
}

bool mkemu_core_is_ready(const struct mkemu_core *core, int32_t logical_cpu)
{
    return __atomic_load_n(&core->cpu[logical_cpu].told.attention, __ATOMIC_RELAXED) != 0;
}

static void begin(void *argument)
{
    struct mkc_task *task = argument;

    this_cpu = task->cpu;
}

static void failed(void *context, const struct mkc_fault *fault)
{
    const struct mkc_task *task = mkc_context_argument(context);

    mkc_fault(task->cpu, fault);
}

void mkemu_core_context(void *context)
{
    mkc_overflow_watch();
    mkc_context_thread(context, begin, mkc_context_argument(context), failed);
}

/* Of a signal handler: formats into a buffer of the CPU, and allocates nothing. */
const char *mkemu_core_guard(const struct mkemu_core *core, uintptr_t address)
{
    for (uint32_t index = 0; index < core->cpus; index++) {
        struct mkc_cpu *cpu = &core->cpu[index];
        const struct mkc_task *task = cpu->current;

        if (task && task->context && mkc_context_guards(task->context, address)) {
            mkc_format(cpu->guard_text, sizeof cpu->guard_text, "stack of kthread %s", task->task.comm);
            return cpu->guard_text;
        }
    }
    return NULL;
}

const char *mkemu_core_running(const struct mkemu_core *core, int32_t logical_cpu)
{
    struct mkc_cpu *cpu = &core->cpu[logical_cpu];
    const struct mkc_task *task = cpu->current;
    const char *what = cpu->running.what;
    struct module *m = what ? cpu->running.module : task ? task->owner : NULL;
    char function[128] = "";
    struct mkemu_core_place place;

    if (!what && !task)
        return "";
    uintptr_t runs = what ? (uintptr_t)cpu->running.function
        : task->worker ? mkc_worker_runs(task->worker) : (uintptr_t)task->run;
    /* Of a task of the kernel its name says it all; a worker has the owner of its work for the time of that. */
    if (runs && (what || (mkc_of(m) && mkemu_core_place(core, runs, &place))))
        mkc_symbol(cpu->core, runs, false, function, sizeof function);
    mkc_format(cpu->running_text, sizeof cpu->running_text, "%s%s%s%s", what ? what
        : task->is_kthread && !task->worker ? "kthread " : "", what ? " " : task->task.comm,
        what || !*function ? "" : ": ", function);
    return cpu->running_text;
}
