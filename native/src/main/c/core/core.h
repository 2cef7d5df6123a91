/* SPDX-License-Identifier: Apache-2.0 */
/* core.h: what the units of the core share. */
#ifndef MKEMU_CORE_PRIVATE_H
#define MKEMU_CORE_PRIVATE_H

#include "mkemu_core.h"
#include "os.h"
#include <linux/err.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <mkemu_kmod.h>

/* Names of fields and parameters here. */
#undef current
#undef jiffies

/* The forwarders of a module call the table; the core's own functions of the same calls have this prefix. */
#define MKEMU_CALL(result, name, parameters, arguments) result mkc_k_##name parameters;
#include <mkemu_kmod_calls.h>
#undef MKEMU_CALL

enum { MKC_LINE = 1000, MKC_NAME = 56 };

/* A lock of the core: held for a few instructions, and never while the host is called. */
struct mkc_lock {
    uint32_t held;
};

/* Tasks that wait for it; under the core's lock of waiters. */
struct mkc_event {
    struct list_head waiters;
};

enum mkc_timer_kind { MKC_TIMER = 1, MKC_HRTIMER, MKC_SLEEP, MKC_DELAYED_WORK };

struct mkc_core;

/* What a CPU runs, for reports. */
struct mkc_running {
    const char *what; /* "handler", "timer"; NULL: nothing, or a task */
    struct module *module;
    const void *function;
};

struct mkc_task {
    struct task_struct task; /* first: what modules see */
    struct mkemu_core *core;
    struct mkc_cpu *cpu;
    struct mkc_context *context;
    struct list_head ready;   /* of its CPU */
    struct list_head all;     /* of the core */
    struct list_head waits;   /* for an event of the core, under its lock of waiters */
    struct mkemu_timer sleep;
    struct module *owner;     /* NULL: the core's own */
    int (*run)(void *data);
    void *data;
    bool counted, queued, runs, killed, ended, is_kthread; /* under the lock of its CPU */
    bool timed_out;
    uint32_t stop, park, parked, started;                  /* atomic */
    uint64_t slice;           /* the run of its CPU that it ran in last */
    int preempt;              /* how many locks it holds, or has disabled preemption */
    bool irqs_off;
    int32_t references;
    int64_t result;
    struct mkc_worker *worker;
};

struct mkc_cpu {
    struct mkemu_core *core;
    uint32_t index;
    struct mkc_lock lock;     /* of ready, and of the states of its tasks */
    struct list_head ready;
    struct mkemu_core_cpu told;
    uint64_t slice;
    struct mkc_task *current; /* NULL: none, idle */
    struct mkc_task idle;
    int in_irq;
    struct mkc_running running;
    struct mkc_request *request; /* the message that is handled */
    char running_text[256], guard_text[64]; /* what reports were told; both at once */
    struct irq_work *irq_works;            /* atomic */
    struct list_head tasklets, hi_tasklets; /* under lock */
    struct mkemu_timer *timers;            /* under the core's lock of timers */
    struct mkemu_timer *firing;            /* atomic */
    struct irq_work *working;              /* atomic */
    uint64_t switches;                     /* atomic, its own thread counts: how often it has been outside modules */
    struct mkc_event switched;             /* it has been once more */
    uint32_t inside;                       /* atomic: a module's code runs */
    char line[MKC_LINE + 1];               /* of printk, not yet ended */
    int line_level;
    size_t line_length;
    struct mkc_pool *pool; /* of workers */
    bool watched;          /* its thread is known, and has a stack for signals, or needs none */
    struct mkc_thread thread;
    uint64_t seen;         /* lockup.c: switches when it was last looked at, */
    uint32_t stuck;        /* and for how many seconds they have been that */
};

struct mkemu_core_module {
    struct mkemu_core *core;
    struct list_head list;
    struct mkc_object *object;
    struct module *module;
    char name[MKC_NAME];
    int32_t result; /* atomic */
    struct mkc_lock lock;        /* of memory */
    struct list_head memory, caches;
    struct list_head handlers, pages, workqueues, entries; /* boot CPU, or under lock */
    struct list_head texts;      /* of parameters */
    char *percpu;                /* an area for each CPU, one behind the other */
    size_t percpu_stride, percpu_static;
    struct list_head percpu_free;
    unsigned long *percpu_used;
};

struct mkemu_core {
    struct mkemu_host host;
    uint32_t cpus;
    int32_t id;
    enum mkemu_contexts contexts;
    bool dead; /* it has panicked, in a process that goes on: nothing of it runs any more */
    struct mkc_cpu *cpu;
    struct mkc_lock lock; /* of lists */
    struct list_head modules, tasks, pages;
    struct mkc_lock timer_lock;
    struct mkc_lock wait_lock;
    struct mkc_event changed; /* anything that a task may wait for, but switched */
    uint64_t timer_sequence;
    uint32_t next_pid;
    struct mkc_lock work_lock;
    struct mkc_work *work;
    struct list_head entries; /* of debugfs and proc */
    struct mk_instance *instances[256];
    struct mkc_lock rcu_lock;
    struct rcu_head *rcu_first, *rcu_last;
    struct mkc_task *rcu_task;
    uint64_t rcu_queued, rcu_done;
    struct mkc_messages *messages; /* atomic; NULL: no module has used any */
    struct mkc_lock message_lock;
};

/* core.c */
struct mkc_cpu *mkc_this_cpu(void);
void mkc_set_this_cpu(struct mkc_cpu *cpu);
void mkc_lock_take(struct mkc_lock *lock);
void mkc_lock_give(struct mkc_lock *lock);
void mkc_relax(struct mkemu_core *core, uint32_t *spins); /* one turn of a loop that waits for another CPU */
uint64_t mkc_nanos(struct mkemu_core *core);
void mkc_attention(struct mkc_cpu *cpu); /* makes it run what has just been queued */
void mkc_goes_inside(struct mkc_cpu *cpu); /* it is about to run code of a module, or has left it: its own thread */
void mkc_comes_outside(struct mkc_cpu *cpu);
struct mkc_running mkc_irq_enter(struct mkc_cpu *cpu, const char *what, struct module *m, const void *function);
void mkc_irq_leave(struct mkc_cpu *cpu, struct mkc_running before);
struct mkemu_core_module *mkc_of(struct module *m);
/* On the thread that is the CPU, before module code runs on its stack. */
static inline void mkc_cpu_watch(struct mkc_cpu *cpu)
{
    if (!cpu->watched) {
        cpu->watched = true;
        mkc_thread_mine(&cpu->thread);
        if (cpu->core->contexts != MKEMU_CONTEXTS_ARE_COROUTINES)
            mkc_overflow_watch(); /* a kernel in C looks itself */
    }
}
/* Runs something as a CPU, with what it throws caught; false: the core is dead, or has died in it. */
bool mkc_enter(struct mkc_cpu *cpu, void (*function)(void *argument), void *argument);

/* sched.c, kthread.c */
struct mkc_task *mkc_current(struct mkc_cpu *cpu);
struct mkc_task *mkc_task_of(struct task_struct *task);
struct mkc_task *mkc_task_new(struct mkemu_core *core, struct module *owner, int (*run)(void *data), void *data,
    uint32_t cpu, const char *name);
bool mkc_wake(struct mkc_task *task, unsigned int states);
/* As mkc_wake, but the host is not called: if queued then mkc_attention of its CPU is due. */
bool mkc_make_ready(struct mkc_task *task, unsigned int states, bool *queued);
bool mkc_run_task(struct mkc_cpu *cpu);
void mkc_task_free(struct mkc_task *task);
void mkc_task_end(struct mkc_task *task, int64_t result);
void mkc_tasks_kill(struct mkemu_core *core, struct module *owner);
void mkc_check_atomic(struct mkc_cpu *cpu);
bool mkc_sleep_until(int64_t due);
void mkc_sleep(int64_t ns);

/*
 * event.c: this task sleeps until a condition holds. Whoever may make it true says mkc_happened, with no lock of the core
 * held; all that wait look again.
 */
#define mkc_wait_until(event, condition)  \
    do {                                  \
        for (;;) {                        \
            mkc_wait_begin(event);        \
            if (condition)                \
                break;                    \
            mkc_k_schedule();             \
        }                                 \
        mkc_wait_end();                   \
    } while (0)
void mkc_wait_begin(struct mkc_event *event);
void mkc_wait_end(void);
void mkc_wait_drop(struct mkc_task *task); /* it does not wait any more: it is about to be freed */
void mkc_happened(struct mkemu_core *core, struct mkc_event *event);
static inline bool mkc_is_awaited(const struct mkc_event *event)
{
    return __atomic_load_n(&event->waiters.next, __ATOMIC_SEQ_CST) != &event->waiters;
}

/* timer.c */
bool mkc_timer_arm(struct mkc_cpu *cpu, struct mkemu_timer *timer, int64_t due, uint32_t kind, struct module *owner,
    bool only_if_idle, bool only_if_armed);
bool mkc_timer_disarm(struct mkemu_core *core, struct mkemu_timer *timer);
void mkc_timers_run(struct mkc_cpu *cpu);
int64_t mkc_timers_next(struct mkc_cpu *cpu);
void mkc_timers_drop(struct mkemu_core *core, struct module *owner);

/* work.c, softirq.c, rcu.c */
bool mkc_work_new(struct mkemu_core *core);
void mkc_work_free(struct mkemu_core *core);
void mkc_delayed_work_fires(struct mkc_cpu *cpu, struct delayed_work *work);
void mkc_worker_sleeps(struct mkc_task *task);
void mkc_worker_wakes(struct mkc_task *task);
void mkc_works_drop(struct mkemu_core *core, struct module *owner);
void mkc_softirqs_run(struct mkc_cpu *cpu);
void mkc_softirqs_drop(struct mkemu_core *core, struct module *owner);
void mkc_rcu_drop(struct mkemu_core *core, struct module *owner);

/* memory.c, pages.c, percpu.c, multikernel.c, message.c, show.c, parameter.c */
void mkc_memory_drop(struct mkemu_core_module *m);
void mkc_pages_drop(struct mkemu_core *core, struct module *owner);
bool mkc_percpu_new(struct mkemu_core_module *m);
void mkc_percpu_free(struct mkemu_core_module *m);
void mkc_handlers_drop(struct mkemu_core_module *m);
/* A handler that the core itself registers, for a module or for all: it is on no list. NULL: no room. */
struct mk_ipi_handler *mkc_handler_new(struct mkemu_core *core, struct module *owner,
    void (*callback)(struct mk_ipi_data *data, void *context), void *context, uint32_t type);
int mkc_handler_end(struct mkemu_core *core, struct mk_ipi_handler *handler); /* 0, -EDEADLK */
void mkc_msg_handlers_drop(struct mkemu_core_module *m);
void mkc_msg_pending_drop(struct mkemu_core_module *m);
void mkc_messages_free(struct mkemu_core *core);
void mkc_entries_show(struct mkemu_core *core, const struct module *owner);
void mkc_entries_drop(struct mkemu_core *core, struct module *owner);
bool mkc_parameters(struct mkemu_core_module *m, char *error, size_t size);
void mkc_parameters_free(struct mkemu_core_module *m);

/* print.c, format.c, trace.c */
int mkc_format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mkc_log(struct mkemu_core *core, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mkc_flush_line(struct mkc_cpu *cpu);
void mkc_trace(struct mkemu_core *core);
void mkc_panic(struct mkemu_core *core, const char *text) __attribute__((noreturn));
void mkc_fault(struct mkc_cpu *cpu, const struct mkc_fault *fault); /* a module's error, on its way out */
void mkc_fault_of_cpu(void *unused, const struct mkc_fault *fault);
/* "function+0x1/0x2 [module]", or "0x1234" */
int mkc_symbol(struct mkemu_core *core, uintptr_t address, bool offset, char *to, size_t size);
void mkc_whose(struct mkc_cpu *cpu, int level); /* logs which CPU it is, and what runs there */
uintptr_t mkc_worker_runs(const struct mkc_worker *worker); /* the function of its work */
/* Whether a place is a function of a module that its author has written. */
bool mkc_is_shown(const struct mkemu_core *core, uintptr_t address);
const char *mkc_errno_name(int number);

extern const struct mkemu_kmod_table mkc_table;

#endif
