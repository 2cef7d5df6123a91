/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c: what happens at a time. Each CPU has a pairing heap of its timers, in the order of expiry, and of equal ones
 * in the order in which they were armed; one lock of the core covers all heaps.
 */
#include "core.h"
#include <linux/hrtimer.h>

static bool before(const struct mkemu_timer *a, const struct mkemu_timer *b)
{
    return a->due != b->due ? a->due < b->due : a->sequence < b->sequence;
}

static struct mkemu_timer *meld(struct mkemu_timer *a, struct mkemu_timer *b)
{
    if (!a || !b)
        return a ? a : b;
    if (before(b, a)) {
        struct mkemu_timer *t = a;
        a = b;
        b = t;
    }
    b->next = a->child;
    if (b->next)
        b->next->previous = b;
    b->previous = a; /* of a first child: its parent */
    a->child = b;
    return a;
}

/* Joins the children of one that goes: first in pairs, then from the last pair on. */
static struct mkemu_timer *children(struct mkemu_timer *first)
{
    struct mkemu_timer *pairs = NULL, *root = NULL;

    while (first) {
        struct mkemu_timer *a = first, *b = a->next;

        first = b ? b->next : NULL;
        a->next = a->previous = NULL;
        if (b)
            b->next = b->previous = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct mkemu_timer *next = pairs->next;

        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = next;
    }
    return root;
}

static void take_out(struct mkemu_core *core, struct mkemu_timer *t)
{
    struct mkemu_timer **root = &core->cpu[t->cpu].timers, *rest = children(t->child);

    if (*root == t) {
        *root = rest;
    } else {
        if (t->previous->child == t)
            t->previous->child = t->next;
        else
            t->previous->next = t->next;
        if (t->next)
            t->next->previous = t->previous;
        *root = meld(*root, rest);
    }
    if (*root)
        (*root)->next = (*root)->previous = NULL;
    t->child = t->next = t->previous = NULL;
    t->kind = 0;
}

/* Whether it was armed before. */
bool mkc_timer_arm(struct mkc_cpu *cpu, struct mkemu_timer *timer, int64_t due, uint32_t kind, struct module *owner,
    bool only_if_idle, bool only_if_armed)
{
    struct mkemu_core *core = cpu->core;

    mkc_lock_take(&core->timer_lock);
    bool was = timer->kind != 0, first = false;
    if (!(was && only_if_idle) && !(!was && only_if_armed)) {
        if (was)
            take_out(core, timer);
        timer->due = due;
        timer->sequence = ++core->timer_sequence;
        timer->kind = kind;
        timer->cpu = cpu->index;
        timer->owner = owner;
        timer->child = timer->next = timer->previous = NULL;
        cpu->timers = meld(cpu->timers, timer);
        first = cpu->timers == timer;
    }
    mkc_lock_give(&core->timer_lock);
    if (first && kind != MKC_SLEEP)
        mkc_attention(cpu);
    return was;
}

bool mkc_timer_disarm(struct mkemu_core *core, struct mkemu_timer *timer)
{
    mkc_lock_take(&core->timer_lock);
    bool was = timer->kind != 0;
    if (was)
        take_out(core, timer);
    mkc_lock_give(&core->timer_lock);
    return was;
}

int64_t mkc_timers_next(struct mkc_cpu *cpu)
{
    int64_t next = INT64_MAX;

    mkc_lock_take(&cpu->core->timer_lock);
    if (cpu->timers)
        next = cpu->timers->due;
    mkc_lock_give(&cpu->core->timer_lock);
    if (next == INT64_MAX)
        return next;
    int64_t now = (int64_t)mkc_nanos(cpu->core);
    return next > now ? next - now : 0;
}

static void fire_timer(struct mkc_cpu *cpu, struct timer_list *timer, struct module *owner)
{
    void (*function)(struct timer_list *) = timer->function;

    if (!function)
        return;
    struct mkc_running running = mkc_irq_enter(cpu, "timer", owner, (const void *)(uintptr_t)function);
    function(timer);
    mkc_irq_leave(cpu, running);
}

static void fire_hrtimer(struct mkc_cpu *cpu, struct hrtimer *timer, struct module *owner)
{
    struct mkc_running running = mkc_irq_enter(cpu, "hrtimer", owner, (const void *)(uintptr_t)timer->function);
    enum hrtimer_restart again = timer->function(timer);

    mkc_irq_leave(cpu, running);
    if (again == HRTIMER_RESTART)
        mkc_timer_arm(cpu, &timer->node, timer->_softexpires, MKC_HRTIMER, owner, true, false);
}

void mkc_timers_run(struct mkc_cpu *cpu)
{
    struct mkemu_core *core = cpu->core;

    if (!READ_ONCE(cpu->timers))
        return;
    int64_t now = (int64_t)mkc_nanos(core);
    for (;;) {
        mkc_lock_take(&core->timer_lock);
        struct mkemu_timer *t = cpu->timers;
        if (!t || t->due > now) {
            mkc_lock_give(&core->timer_lock);
            return;
        }
        uint32_t kind = t->kind;
        struct module *owner = t->owner;
        take_out(core, t);
        if (kind == MKC_SLEEP) { /* while the lock is held: then the task is still there */
            struct mkc_task *task = container_of(t, struct mkc_task, sleep);
            task->timed_out = true;
            mkc_wake(task, TASK_NORMAL | TASK_KILLABLE); /* of this CPU: the host is not called */
            mkc_lock_give(&core->timer_lock);
            continue;
        }
        __atomic_store_n(&cpu->firing, t, __ATOMIC_SEQ_CST);
        mkc_lock_give(&core->timer_lock);
        if (kind == MKC_TIMER)
            fire_timer(cpu, container_of(t, struct timer_list, node), owner);
        else if (kind == MKC_HRTIMER)
            fire_hrtimer(cpu, container_of(t, struct hrtimer, node), owner);
        else
            mkc_delayed_work_fires(cpu, container_of(t, struct delayed_work, timer.node));
        __atomic_store_n(&cpu->firing, NULL, __ATOMIC_SEQ_CST);
    }
}

static bool fires(struct mkemu_core *core, const struct mkemu_timer *timer)
{
    for (uint32_t i = 0; i < core->cpus; i++)
        if (__atomic_load_n(&core->cpu[i].firing, __ATOMIC_SEQ_CST) == timer)
            return true;
    return false;
}

/* Disarms, and waits until its function does not run; true: it was armed. */
static bool cancel(struct mkc_cpu *cpu, struct mkemu_timer *timer)
{
    bool was = false;

    if (cpu->firing == timer && cpu->in_irq) {
        mkc_log(cpu->core, 4, "WARNING: a timer that is deleted synchronously by its own function: not waited for");
        mkc_trace(cpu->core);
        return mkc_timer_disarm(cpu->core, timer);
    }
    for (uint32_t spins = 0;;) {
        was |= mkc_timer_disarm(cpu->core, timer);
        if (!fires(cpu->core, timer))
            return was;
        mkc_relax(cpu->core, &spins);
    }
}

enum { MOD, ADD, MOD_PENDING, REDUCE };

int mkc_k_mkemu_timer_mod(struct module *m, struct timer_list *timer, unsigned long expires, int on, int how)
{
    struct mkc_cpu *here = mkc_this_cpu(), *cpu = here;
    int64_t due = (long)expires > INT64_MAX / 1000000 ? INT64_MAX - 1 : (int64_t)expires * 1000000;

    if (!timer->function) /* shut down */
        return 0;
    if (on >= 0 && (uint32_t)on < here->core->cpus)
        cpu = &here->core->cpu[on];
    if (how == REDUCE && timer->node.kind && timer->node.due <= due)
        return 1;
    timer->expires = expires;
    return mkc_timer_arm(cpu, &timer->node, due, MKC_TIMER, m, how == ADD, how == MOD_PENDING);
}

enum { DELETE, DELETE_SYNC, TRY_DELETE, SHUTDOWN, SHUTDOWN_SYNC };

int mkc_k_mkemu_timer_delete(struct timer_list *timer, int how)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (how == SHUTDOWN || how == SHUTDOWN_SYNC)
        WRITE_ONCE(timer->function, NULL);
    if (how == TRY_DELETE && fires(cpu->core, &timer->node))
        return -1;
    return how == DELETE_SYNC || how == SHUTDOWN_SYNC ? cancel(cpu, &timer->node)
        : mkc_timer_disarm(cpu->core, &timer->node);
}

void mkc_k_mkemu_hrtimer_start(struct module *m, struct hrtimer *timer, ktime_t time, int mode)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    int64_t now = (int64_t)mkc_nanos(cpu->core), due = time;

    if (mode & HRTIMER_MODE_REL)
        due = time > INT64_MAX - 1 - now ? INT64_MAX - 1 : now + time;
    else if (timer->clock != CLOCK_MONOTONIC)
        due = time - ((int64_t)mkc_realtime() - now);
    timer->_softexpires = due;
    mkc_timer_arm(cpu, &timer->node, due, MKC_HRTIMER, m, false, false);
}

int mkc_k_mkemu_hrtimer_cancel(struct hrtimer *timer, bool wait)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (!wait && fires(cpu->core, &timer->node))
        return -1;
    return wait ? cancel(cpu, &timer->node) : mkc_timer_disarm(cpu->core, &timer->node);
}

bool mkc_k_mkemu_hrtimer_running(const struct hrtimer *timer)
{
    return fires(mkc_this_cpu()->core, &timer->node);
}

u64 mkc_k_ktime_get_ns(void)
{
    return mkc_nanos(mkc_this_cpu()->core);
}

u64 mkc_k_ktime_get_real_ns(void)
{
    return mkc_realtime();
}

u64 mkc_k_get_random_u64(void)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    return core->host.random(core->host.self);
}

static struct mkemu_timer *find(struct mkemu_timer *t, const struct module *owner)
{
    for (; t; t = t->next) {
        struct mkemu_timer *found = t->owner == owner ? t : find(t->child, owner);
        if (found)
            return found;
    }
    return NULL;
}

/* Ends what a module left armed. */
void mkc_timers_drop(struct mkemu_core *core, struct module *owner)
{
    for (uint32_t i = 0; i < core->cpus; i++) {
        struct mkemu_timer *t;
        do {
            char name[128] = "";
            const void *function = NULL;

            mkc_lock_take(&core->timer_lock);
            t = find(core->cpu[i].timers, owner);
            if (t) {
                function = t->kind == MKC_HRTIMER
                    ? (const void *)(uintptr_t)container_of(t, struct hrtimer, node)->function
                    : t->kind == MKC_TIMER
                    ? (const void *)(uintptr_t)container_of(t, struct timer_list, node)->function
                    : (const void *)(uintptr_t)container_of(t, struct delayed_work, timer.node)->work.func;
                take_out(core, t);
            }
            mkc_lock_give(&core->timer_lock);
            if (!t)
                break;
            mkc_symbol(core, (uintptr_t)function, false, name, sizeof name);
            mkc_log(core, 4, "%s: left a timer armed (%s): it is deleted", mkc_of(owner)->name, name);
        } while (t);
        struct mkc_cpu *cpu = &core->cpu[i];
        for (uint32_t spins = 0; cpu != mkc_this_cpu() && __atomic_load_n(&cpu->firing, __ATOMIC_SEQ_CST);)
            mkc_relax(core, &spins);
    }
}
