/* SPDX-License-Identifier: Apache-2.0 */
/* linux/sched.h: tasks. A task stays on the CPU that it was made for. */
#ifndef MKEMU_LINUX_SCHED_H
#define MKEMU_LINUX_SCHED_H

#include <asm/processor.h>
#include <linux/barrier.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <mkemu_kmod.h>

#define TASK_RUNNING 0x0u
#define TASK_INTERRUPTIBLE 0x1u
#define TASK_UNINTERRUPTIBLE 0x2u
#define TASK_PARKED 0x40u
#define TASK_DEAD 0x80u
#define TASK_WAKEKILL 0x100u
#define TASK_NOLOAD 0x400u
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_COMM_LEN MKEMU_TASK_COMM_LEN
#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define PF_KTHREAD 0x00200000u
#define PF_WQ_WORKER 0x00000020u

struct task_struct {
    unsigned int __state;
    unsigned int flags;
    pid_t pid, tgid;
    char comm[TASK_COMM_LEN];
    int cpu; /* logical */
    int exit_code;
    void *reserved[4];
};

struct task_struct *mkemu_current(void);
void schedule(void);
long schedule_timeout(long timeout);
int mkemu_schedule_until(s64 due);
int mkemu_wake(struct task_struct *task, unsigned int states);
void mkemu_task_get(struct task_struct *task);
void mkemu_task_put(struct task_struct *task);
u64 ktime_get_ns(void);

#define current mkemu_current()
#define get_current() mkemu_current()
#define set_current_state(state) smp_store_mb(current->__state, (state))
#define __set_current_state(state) WRITE_ONCE(current->__state, (state))
#define get_current_state() READ_ONCE(current->__state)
#define wake_up_process(task) mkemu_wake((task), TASK_NORMAL)
#define wake_up_state(task, state) mkemu_wake((task), (state))
#define schedule_timeout_interruptible(jiffies) \
    ({ __set_current_state(TASK_INTERRUPTIBLE); schedule_timeout(jiffies); })
#define schedule_timeout_uninterruptible(jiffies) \
    ({ __set_current_state(TASK_UNINTERRUPTIBLE); schedule_timeout(jiffies); })
#define schedule_timeout_killable(jiffies) schedule_timeout_uninterruptible(jiffies)
#define schedule_timeout_idle(jiffies) ({ __set_current_state(TASK_IDLE); schedule_timeout(jiffies); })
#define yield() ({ __set_current_state(TASK_RUNNING); schedule(); })
#define io_schedule() schedule()
#define need_resched() 1

/* No task gets a signal. */
static inline int signal_pending(struct task_struct *task)
{
    (void)task;
    return 0;
}

#define fatal_signal_pending(task) signal_pending(task)
#define signal_pending_state(state, task) signal_pending(task)
#define flush_signals(task) ((void)(task))

static inline pid_t task_pid_nr(struct task_struct *task)
{
    return task->pid;
}

static inline int task_cpu(const struct task_struct *task)
{
    return task->cpu;
}

/* All are equal: each that is ready runs in its turn. */
static inline void set_user_nice(struct task_struct *task, long nice)
{
    (void)task;
    (void)nice;
}

#define sched_set_fifo(task) ((void)(task))
#define sched_set_fifo_low(task) ((void)(task))
#define sched_set_normal(task, nice) set_user_nice(task, nice)

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
    mkemu_task_get(task);
    return task;
}

static inline void put_task_struct(struct task_struct *task)
{
    mkemu_task_put(task);
}

#define cond_resched_lock(lock) ({ spin_unlock(lock); cond_resched(); spin_lock(lock); 1; })

#endif
