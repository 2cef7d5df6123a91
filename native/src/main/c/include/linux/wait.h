/* SPDX-License-Identifier: Apache-2.0 */
/* linux/wait.h: wait queues. No signal ever comes: what is interruptible returns as what is not. */
#ifndef MKEMU_LINUX_WAIT_H
#define MKEMU_LINUX_WAIT_H

#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

typedef struct wait_queue_entry wait_queue_entry_t;
typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);

#define WQ_FLAG_EXCLUSIVE 1u

struct wait_queue_entry {
    unsigned int flags;
    void *private;
    wait_queue_func_t func;
    struct list_head entry;
};

typedef struct wait_queue_head {
    spinlock_t lock;
    struct list_head head;
} wait_queue_head_t;

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key);
void add_wait_queue(struct wait_queue_head *head, struct wait_queue_entry *entry);
void add_wait_queue_exclusive(struct wait_queue_head *head, struct wait_queue_entry *entry);
void remove_wait_queue(struct wait_queue_head *head, struct wait_queue_entry *entry);
void mkemu_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry, int state, bool exclusive);
void finish_wait(struct wait_queue_head *head, struct wait_queue_entry *entry);
int __wake_up(struct wait_queue_head *head, unsigned int mode, int count, void *key);
void __wake_up_locked(struct wait_queue_head *head, unsigned int mode, int count);

#define __WAIT_QUEUE_HEAD_INITIALIZER(name) \
    { .lock = __SPIN_LOCK_UNLOCKED(name.lock), .head = LIST_HEAD_INIT(name.head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)
#define DEFINE_WAIT_FUNC(name, function) \
    struct wait_queue_entry name = { .private = current, .func = (function), .entry = LIST_HEAD_INIT(name.entry) }
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)
#define DECLARE_WAITQUEUE(name, task) \
    struct wait_queue_entry name = { .private = (task), .func = default_wake_function }

static inline void init_waitqueue_head(struct wait_queue_head *head)
{
    spin_lock_init(&head->lock);
    INIT_LIST_HEAD(&head->head);
}

static inline void init_wait_entry(struct wait_queue_entry *entry, int flags)
{
    *entry = (struct wait_queue_entry){(unsigned int)flags, current, autoremove_wake_function, {0, 0}};
    INIT_LIST_HEAD(&entry->entry);
}

static inline void init_waitqueue_entry(struct wait_queue_entry *entry, struct task_struct *task)
{
    *entry = (struct wait_queue_entry){0, task, default_wake_function, {0, 0}};
}

static inline void init_waitqueue_func_entry(struct wait_queue_entry *entry, wait_queue_func_t function)
{
    *entry = (struct wait_queue_entry){0, NULL, function, {0, 0}};
}

static inline int waitqueue_active(struct wait_queue_head *head)
{
    return !list_empty(&head->head);
}

static inline bool wq_has_sleeper(struct wait_queue_head *head)
{
    smp_mb();
    return waitqueue_active(head);
}

#define prepare_to_wait(head, entry, state) mkemu_prepare_to_wait((head), (entry), (state), false)
#define prepare_to_wait_exclusive(head, entry, state) mkemu_prepare_to_wait((head), (entry), (state), true)
#define prepare_to_wait_event(head, entry, state) (mkemu_prepare_to_wait((head), (entry), (state), false), 0L)

#define wake_up(head) __wake_up((head), TASK_NORMAL, 1, NULL)
#define wake_up_nr(head, count) __wake_up((head), TASK_NORMAL, (count), NULL)
#define wake_up_all(head) __wake_up((head), TASK_NORMAL, 0, NULL)
#define wake_up_locked(head) __wake_up_locked((head), TASK_NORMAL, 1)
#define wake_up_all_locked(head) __wake_up_locked((head), TASK_NORMAL, 0)
#define wake_up_interruptible(head) __wake_up((head), TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(head, count) __wake_up((head), TASK_INTERRUPTIBLE, (count), NULL)
#define wake_up_interruptible_all(head) __wake_up((head), TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_interruptible_sync(head) wake_up_interruptible(head)
#define wake_up_sync(head) wake_up(head)

/* Waits in state until condition holds; sleep is how, and may break. */
#define mkemu_wait_(head, condition, state, exclusive, sleep) do {       \
    struct wait_queue_entry wait_entry_;                                 \
    init_wait_entry(&wait_entry_, 0);                                    \
    for (;;) {                                                           \
        mkemu_prepare_to_wait(&(head), &wait_entry_, (state), (exclusive)); \
        if (condition)                                                   \
            break;                                                       \
        sleep;                                                           \
    }                                                                    \
    finish_wait(&(head), &wait_entry_);                                  \
} while (0)

#define mkemu_wait_event_(head, condition, state, exclusive) do {        \
    might_sleep();                                                       \
    if (!(condition))                                                    \
        mkemu_wait_(head, condition, state, exclusive, schedule());      \
} while (0)
#define wait_event(head, condition) mkemu_wait_event_(head, condition, TASK_UNINTERRUPTIBLE, false)
#define wait_event_idle(head, condition) mkemu_wait_event_(head, condition, TASK_IDLE, false)
#define wait_event_idle_exclusive(head, condition) mkemu_wait_event_(head, condition, TASK_IDLE, true)
#define wait_event_freezable(head, condition) wait_event_interruptible(head, condition)
#define io_wait_event(head, condition) wait_event(head, condition)
#define wait_event_interruptible(head, condition) \
    ({ mkemu_wait_event_(head, condition, TASK_INTERRUPTIBLE, false); 0; })
#define wait_event_killable(head, condition) \
    ({ mkemu_wait_event_(head, condition, TASK_KILLABLE, false); 0; })
#define wait_event_interruptible_exclusive(head, condition) \
    ({ mkemu_wait_event_(head, condition, TASK_INTERRUPTIBLE, true); 0; })
#define wait_event_exclusive_cmd(head, condition, before, after) do {    \
    if (!(condition))                                                    \
        mkemu_wait_(head, condition, TASK_UNINTERRUPTIBLE, true, before; schedule(); after); \
} while (0)
#define wait_event_cmd(head, condition, before, after) do {              \
    if (!(condition))                                                    \
        mkemu_wait_(head, condition, TASK_UNINTERRUPTIBLE, false, before; schedule(); after); \
} while (0)

/* 0: the time is over and the condition does not hold; else the jiffies that were left, at least 1. */
#define mkemu_wait_event_timeout_(head, condition, timeout, state) ({                     \
    long wait_left_ = (timeout);                                                          \
    might_sleep();                                                                        \
    if (condition)                                                                        \
        wait_left_ = wait_left_ ? wait_left_ : 1;                                         \
    else                                                                                  \
        mkemu_wait_(head, ({                                                              \
            bool wait_holds_ = (condition);                                               \
            if (wait_holds_ && !wait_left_)                                               \
                wait_left_ = 1;                                                           \
            wait_holds_ || !wait_left_;                                                   \
        }), state, false, wait_left_ = schedule_timeout(wait_left_));                     \
    wait_left_;                                                                           \
})
#define wait_event_timeout(head, condition, timeout) \
    mkemu_wait_event_timeout_(head, condition, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_interruptible_timeout(head, condition, timeout) \
    mkemu_wait_event_timeout_(head, condition, timeout, TASK_INTERRUPTIBLE)
#define wait_event_killable_timeout(head, condition, timeout) \
    mkemu_wait_event_timeout_(head, condition, timeout, TASK_KILLABLE)
#define wait_event_idle_timeout(head, condition, timeout) \
    mkemu_wait_event_timeout_(head, condition, timeout, TASK_IDLE)
#define wait_event_freezable_timeout(head, condition, timeout) \
    wait_event_interruptible_timeout(head, condition, timeout)

/* 0, or -ETIME when the time (ktime_t) is over. */
#define mkemu_wait_event_hrtimeout_(head, condition, timeout, state) ({                   \
    int wait_error_ = 0;                                                                  \
    s64 wait_due_ = (s64)ktime_get_ns() + (timeout);                                      \
    might_sleep();                                                                        \
    if (!(condition))                                                                     \
        mkemu_wait_(head, (condition) || wait_error_, state, false,                       \
            wait_error_ = mkemu_schedule_until(wait_due_) ? 0 : -ETIME);                  \
    wait_error_ && (condition) ? 0 : wait_error_;                                         \
})
#define wait_event_hrtimeout(head, condition, timeout) \
    mkemu_wait_event_hrtimeout_(head, condition, timeout, TASK_UNINTERRUPTIBLE)
#define wait_event_interruptible_hrtimeout(head, condition, timeout) \
    mkemu_wait_event_hrtimeout_(head, condition, timeout, TASK_INTERRUPTIBLE)

/* With a lock of the caller held, which is let go while it sleeps. */
#define wait_event_lock_irq(head, condition, lock) do {                                   \
    if (!(condition))                                                                     \
        mkemu_wait_(head, condition, TASK_UNINTERRUPTIBLE, false,                         \
            spin_unlock_irq(&(lock)); schedule(); spin_lock_irq(&(lock)));                \
} while (0)
#define wait_event_interruptible_lock_irq(head, condition, lock) ({                       \
    wait_event_lock_irq(head, condition, lock);                                           \
    0;                                                                                    \
})

#endif
