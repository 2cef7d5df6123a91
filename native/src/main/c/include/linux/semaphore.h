/* SPDX-License-Identifier: Apache-2.0 */
/* linux/semaphore.h: counting semaphores. */
#ifndef MKEMU_LINUX_SEMAPHORE_H
#define MKEMU_LINUX_SEMAPHORE_H

#include <linux/wait.h>

struct semaphore {
    unsigned int count;
    struct wait_queue_head wait;
};

#define __SEMAPHORE_INITIALIZER(name, n) { (n), __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) }
#define DEFINE_SEMAPHORE(name, n) struct semaphore name = __SEMAPHORE_INITIALIZER(name, n)

static inline void sema_init(struct semaphore *lock, int n)
{
    lock->count = (unsigned int)n;
    init_waitqueue_head(&lock->wait);
}

int mkemu_down(struct semaphore *lock, long timeout);
int down_trylock(struct semaphore *lock);
void up(struct semaphore *lock);

#define down(lock) ((void)mkemu_down((lock), MAX_SCHEDULE_TIMEOUT))
#define down_interruptible(lock) mkemu_down((lock), MAX_SCHEDULE_TIMEOUT)
#define down_killable(lock) mkemu_down((lock), MAX_SCHEDULE_TIMEOUT)
#define down_timeout(lock, timeout) mkemu_down((lock), (timeout))

#endif
