/* SPDX-License-Identifier: Apache-2.0 */
/* wait.c: wait queues, completions. */
#include "core.h"
#include <linux/completion.h>

/*
 * The lock of a queue is a spinlock of the module's memory that a module may hold itself (wake_up_locked), so it is
 * taken as a module takes it. Nothing sleeps while it is held.
 */
static void take(struct wait_queue_head *head)
{
    mkc_k_mkemu_spin_lock(&head->lock);
}

static void give(struct wait_queue_head *head)
{
    mkc_k_mkemu_spin_unlock(&head->lock);
}

/* Those that wait for all come first, those that are exclusive last. */
static void add(struct wait_queue_head *head, struct wait_queue_entry *entry, bool exclusive)
{
    if (exclusive) {
        entry->flags |= WQ_FLAG_EXCLUSIVE;
        list_add_tail(&entry->entry, &head->head);
    } else {
        entry->flags &= ~WQ_FLAG_EXCLUSIVE;
        list_add(&entry->entry, &head->head);
    }
}

void mkc_k_add_wait_queue(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
    take(head);
    add(head, entry, false);
    give(head);
}

void mkc_k_add_wait_queue_exclusive(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
    take(head);
    add(head, entry, true);
    give(head);
}

void mkc_k_remove_wait_queue(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
    take(head);
    list_del(&entry->entry);
    give(head);
}

void mkc_k_mkemu_prepare_to_wait(struct wait_queue_head *head, struct wait_queue_entry *entry, int state,
    bool exclusive)
{
    take(head);
    if (list_empty(&entry->entry))
        add(head, entry, exclusive);
    smp_store_mb(mkc_current(mkc_this_cpu())->task.__state, (unsigned int)state);
    give(head);
}

void mkc_k_finish_wait(struct wait_queue_head *head, struct wait_queue_entry *entry)
{
    WRITE_ONCE(mkc_current(mkc_this_cpu())->task.__state, TASK_RUNNING);
    take(head); /* also if it has been taken out: then who did that is through with it */
    if (!list_empty(&entry->entry))
        list_del_init(&entry->entry);
    give(head);
}

int mkc_k_default_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
    (void)flags;
    (void)key;
    return mkc_wake(mkc_task_of(entry->private), mode);
}

int mkc_k_autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
    int woken = mkc_k_default_wake_function(entry, mode, flags, key);

    if (woken)
        list_del_init(&entry->entry);
    return woken;
}

/* count: of exclusive ones; 0: all. */
static int wake(struct wait_queue_head *head, unsigned int mode, int count, void *key)
{
    struct wait_queue_entry *entry, *next;
    int woken = 0;

    list_for_each_entry_safe(entry, next, &head->head, entry) {
        bool exclusive = entry->flags & WQ_FLAG_EXCLUSIVE;
        int result = entry->func(entry, mode, 0, key);

        if (result < 0)
            break;
        woken += result != 0;
        if (result && exclusive && count && !--count)
            break;
    }
    return woken;
}

int mkc_k___wake_up(struct wait_queue_head *head, unsigned int mode, int count, void *key)
{
    take(head);
    int woken = wake(head, mode, count, key);
    give(head);
    return woken;
}

void mkc_k___wake_up_locked(struct wait_queue_head *head, unsigned int mode, int count)
{
    wake(head, mode, count, NULL);
}

enum { ALL = ~0u / 2 };

void mkc_k_complete(struct completion *done)
{
    take(&done->wait);
    if (done->done < ALL)
        done->done++;
    wake(&done->wait, TASK_NORMAL, 1, NULL);
    give(&done->wait);
}

void mkc_k_complete_all(struct completion *done)
{
    take(&done->wait);
    done->done = ALL;
    wake(&done->wait, TASK_NORMAL, 0, NULL);
    give(&done->wait);
}

long mkc_k_mkemu_wait_for_completion(struct completion *done, long timeout, int state)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct wait_queue_entry entry = {.private = &mkc_current(cpu)->task, .func = mkc_k_autoremove_wake_function};

    mkc_k_mkemu_might_sleep("wait_for_completion", 0);
    INIT_LIST_HEAD(&entry.entry);
    take(&done->wait);
    while (!done->done && timeout) {
        if (list_empty(&entry.entry))
            add(&done->wait, &entry, true);
        smp_store_mb(mkc_current(cpu)->task.__state, (unsigned int)state);
        give(&done->wait);
        timeout = mkc_k_schedule_timeout(timeout);
        take(&done->wait);
    }
    WRITE_ONCE(mkc_current(cpu)->task.__state, TASK_RUNNING);
    if (!list_empty(&entry.entry))
        list_del_init(&entry.entry);
    if (done->done) {
        timeout = timeout ? timeout : 1;
        if (done->done != ALL)
            done->done--;
    }
    give(&done->wait);
    return timeout;
}

bool mkc_k_try_wait_for_completion(struct completion *done)
{
    take(&done->wait);
    bool was = done->done != 0;
    if (was && done->done != ALL)
        done->done--;
    give(&done->wait);
    return was;
}

bool mkc_k_completion_done(struct completion *done)
{
    take(&done->wait); /* and complete() is through with it */
    bool was = done->done != 0;
    give(&done->wait);
    return was;
}
