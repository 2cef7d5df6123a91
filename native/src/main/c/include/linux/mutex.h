/* SPDX-License-Identifier: Apache-2.0 */
/* linux/mutex.h: mutexes. */
#ifndef MKEMU_LINUX_MUTEX_H
#define MKEMU_LINUX_MUTEX_H

#include <linux/wait.h>

struct mutex {
    struct task_struct *owner;
    struct wait_queue_head wait;
};

#define __MUTEX_INITIALIZER(name) { NULL, __WAIT_QUEUE_HEAD_INITIALIZER(name.wait) }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

static inline void mutex_init(struct mutex *lock)
{
    lock->owner = NULL;
    init_waitqueue_head(&lock->wait);
}

static inline void mutex_destroy(struct mutex *lock)
{
    WARN_ON(READ_ONCE(lock->owner));
}

static inline bool mutex_is_locked(struct mutex *lock)
{
    return READ_ONCE(lock->owner) != NULL;
}

void mutex_lock(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);

#define mutex_lock_interruptible(lock) (mutex_lock(lock), 0)
#define mutex_lock_killable(lock) (mutex_lock(lock), 0)
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)

#endif
