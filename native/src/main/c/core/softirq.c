/* SPDX-License-Identifier: Apache-2.0 */
/* softirq.c: irq_work, tasklets, calls of other CPUs. All run in interrupt context, between two turns of tasks. */
#include "core.h"
#include <linux/interrupt.h>
#include <linux/irq_work.h>

enum { QUEUED = 1u << TASKLET_STATE_SCHED, RUNS = 1u << TASKLET_STATE_RUN }; /* of a tasklet */

static void queue(struct mkc_cpu *cpu, struct irq_work *work)
{
    work->next = __atomic_load_n(&cpu->irq_works, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&cpu->irq_works, &work->next, work, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        ;
    mkc_attention(cpu);
}

bool mkc_k_mkemu_irq_work_queue(struct module *m, struct irq_work *work, int on)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (on >= 0 && (uint32_t)on >= cpu->core->cpus)
        return false;
    if (__atomic_fetch_or(&work->state, IRQ_WORK_PENDING, __ATOMIC_SEQ_CST) & IRQ_WORK_PENDING)
        return false;
    work->owner = m;
    queue(on < 0 ? cpu : &cpu->core->cpu[on], work);
    return true;
}

/* The last queued comes first, as in Linux. */
static void run_irq_works(struct mkc_cpu *cpu)
{
    struct irq_work *work = __atomic_exchange_n(&cpu->irq_works, NULL, __ATOMIC_SEQ_CST), *next;

    for (; work; work = next) {
        next = work->next;
        /* From here on it can be queued again. */
        __atomic_store_n(&cpu->working, work, __ATOMIC_SEQ_CST);
        __atomic_store_n(&work->state, IRQ_WORK_BUSY, __ATOMIC_SEQ_CST);
        struct mkc_running before = mkc_irq_enter(cpu, "irq_work", work->owner, (const void *)(uintptr_t)work->func);
        work->func(work);
        mkc_irq_leave(cpu, before);
        /* It may have been queued again, or even be gone: then nobody waits for it in irq_work_sync. */
        __atomic_store_n(&cpu->working, NULL, __ATOMIC_SEQ_CST);
        uint32_t runs = IRQ_WORK_BUSY;
        __atomic_compare_exchange_n(&work->state, &runs, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
    }
    mkc_happened(cpu->core, &cpu->core->changed);
}

static bool is_working(struct mkemu_core *core, const struct irq_work *work)
{
    for (uint32_t i = 0; i < core->cpus; i++)
        if (__atomic_load_n(&core->cpu[i].working, __ATOMIC_SEQ_CST) == work)
            return true;
    return false;
}

static bool is_busy(struct mkemu_core *core, const struct irq_work *work)
{
    return __atomic_load_n(&work->state, __ATOMIC_SEQ_CST) || is_working(core, work);
}

void mkc_k_irq_work_sync(struct irq_work *work)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (cpu->current && !cpu->in_irq && !cpu->current->preempt && !cpu->current->irqs_off) {
        mkc_wait_until(&cpu->core->changed, !is_busy(cpu->core, work)); /* its turn on this CPU comes in between */
        return;
    }
    for (uint32_t spins = 0; is_busy(cpu->core, work);) {
        if (cpu->working != work) {
            mkc_relax(cpu->core, &spins);
        } else {
            mkc_log(cpu->core, 4, "WARNING: irq_work_sync of the irq_work that calls it: not waited for");
            mkc_trace(cpu->core);
            return;
        }
    }
}

void mkc_k_mkemu_tasklet_schedule(struct module *m, struct tasklet_struct *t, bool high)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (__atomic_fetch_or(&t->state, QUEUED, __ATOMIC_SEQ_CST) & QUEUED)
        return;
    t->owner = m;
    mkc_lock_take(&cpu->lock);
    list_add_tail(&t->list, high ? &cpu->hi_tasklets : &cpu->tasklets);
    mkc_lock_give(&cpu->lock);
    mkc_attention(cpu);
}

static void run_tasklets(struct mkc_cpu *cpu, struct list_head *list)
{
    struct list_head now, *at;
    struct tasklet_struct *t;

    mkc_lock_take(&cpu->lock);
    INIT_LIST_HEAD(&now);
    list_splice_init(list, &now);
    mkc_lock_give(&cpu->lock);
    while ((at = now.next) != &now) {
        t = list_entry(at, struct tasklet_struct, list);
        mkc_lock_take(&cpu->lock);
        list_del(at);
        /* Disabled, or it runs on another CPU: later. */
        bool busy = __atomic_load_n(&t->count, __ATOMIC_SEQ_CST)
            || (__atomic_load_n(&t->state, __ATOMIC_SEQ_CST) & RUNS);
        if (busy)
            list_add_tail(at, list);
        mkc_lock_give(&cpu->lock);
        if (busy) {
            if (!__atomic_load_n(&t->count, __ATOMIC_SEQ_CST))
                mkc_attention(cpu);
            continue;
        }
        __atomic_fetch_or(&t->state, RUNS, __ATOMIC_SEQ_CST);
        __atomic_fetch_and(&t->state, (uint32_t)~QUEUED, __ATOMIC_SEQ_CST);
        const void *function = (const void *)(t->use_callback ? (uintptr_t)t->callback : (uintptr_t)t->func);
        struct mkc_running before = mkc_irq_enter(cpu, "tasklet", t->owner, function);
        if (t->use_callback)
            t->callback(t);
        else
            t->func(t->data);
        mkc_irq_leave(cpu, before);
        __atomic_fetch_and(&t->state, (uint32_t)~RUNS, __ATOMIC_SEQ_CST);
        mkc_happened(cpu->core, &cpu->core->changed);
    }
}

void mkc_k_tasklet_kill(struct tasklet_struct *t)
{
    mkc_k_mkemu_might_sleep("tasklet_kill", 0);
    mkc_wait_until(&mkc_this_cpu()->core->changed, !__atomic_load_n(&t->state, __ATOMIC_SEQ_CST));
}

void mkc_k_mkemu_tasklet_disable(struct tasklet_struct *t, bool wait)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    __atomic_fetch_add(&t->count, 1, __ATOMIC_SEQ_CST);
    for (uint32_t spins = 0; wait && !cpu->in_irq && (__atomic_load_n(&t->state, __ATOMIC_SEQ_CST) & RUNS);)
        mkc_relax(cpu->core, &spins);
}

void mkc_k_tasklet_enable(struct tasklet_struct *t)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    __atomic_fetch_sub(&t->count, 1, __ATOMIC_SEQ_CST);
    for (uint32_t i = 0; (__atomic_load_n(&t->state, __ATOMIC_SEQ_CST) & QUEUED) && i < core->cpus; i++)
        mkc_attention(&core->cpu[i]);
}

void mkc_softirqs_run(struct mkc_cpu *cpu)
{
    if (__atomic_load_n(&cpu->irq_works, __ATOMIC_RELAXED))
        run_irq_works(cpu);
    if (!list_empty(&cpu->hi_tasklets))
        run_tasklets(cpu, &cpu->hi_tasklets);
    if (!list_empty(&cpu->tasklets))
        run_tasklets(cpu, &cpu->tasklets);
}

struct call {
    struct irq_work work;
    void (*function)(void *info);
    void *info;
    uint32_t done;
    bool wait;
};

static void called(struct irq_work *work)
{
    struct call *c = container_of(work, struct call, work);

    c->function(c->info);
    __atomic_store_n(&c->done, 1, __ATOMIC_RELEASE);
}

static void call_here(struct mkc_cpu *cpu, void (*function)(void *info), void *info)
{
    struct mkc_running before = mkc_irq_enter(cpu, "call", NULL, (const void *)(uintptr_t)function);

    function(info);
    mkc_irq_leave(cpu, before);
}

/* It always waits: who calls does not care, but for the time. */
int mkc_k_mkemu_call_function(int on, void (*function)(void *info), void *info, bool wait)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct call call = {.work = {.func = called}, .function = function, .info = info, .wait = wait};

    if (on < 0 || (uint32_t)on >= cpu->core->cpus)
        return -ENXIO;
    if ((uint32_t)on == cpu->index) {
        call_here(cpu, function, info);
        return 0;
    }
    mkc_k_mkemu_irq_work_queue(NULL, &call.work, on);
    /* What other CPUs want of this one is done meanwhile, or two that call each other would wait for ever. */
    for (uint32_t spins = 0; !__atomic_load_n(&call.done, __ATOMIC_ACQUIRE) || is_busy(cpu->core, &call.work);) {
        if (!cpu->in_irq && __atomic_load_n(&cpu->irq_works, __ATOMIC_RELAXED))
            run_irq_works(cpu);
        mkc_relax(cpu->core, &spins);
    }
    return 0;
}

/* Takes a module's out of the queues. They are of its memory, so this comes before that is freed. */
void mkc_softirqs_drop(struct mkemu_core *core, struct module *owner)
{
    for (uint32_t i = 0; i < core->cpus; i++) {
        struct mkc_cpu *cpu = &core->cpu[i];
        struct list_head *lists[] = {&cpu->tasklets, &cpu->hi_tasklets};
        struct tasklet_struct *t, *next;
        unsigned int left = 0;

        mkc_lock_take(&cpu->lock);
        for (int j = 0; j < 2; j++)
            list_for_each_entry_safe(t, next, lists[j], list)
                if (t->owner == owner) {
                    list_del(&t->list);
                    __atomic_store_n(&t->state, 0, __ATOMIC_SEQ_CST);
                    left++;
                }
        mkc_lock_give(&cpu->lock);
        if (left)
            mkc_log(core, 4, "%s: left %u tasklets scheduled: they are dropped", mkc_of(owner)->name, left);
    }
    /* What irq_work is queued runs at once on each CPU; wait until all have had a turn. */
    for (uint32_t i = 0; i < core->cpus; i++)
        mkc_wait_until(&core->changed, !__atomic_load_n(&core->cpu[i].irq_works, __ATOMIC_SEQ_CST)
            && !__atomic_load_n(&core->cpu[i].working, __ATOMIC_SEQ_CST));
}
