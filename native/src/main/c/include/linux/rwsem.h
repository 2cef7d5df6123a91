/* SPDX-License-Identifier: Apache-2.0 */
/* linux/rwsem.h: semaphores for readers and writers. A writer that waits lets no new reader in. */
#ifndef MKEMU_LINUX_RWSEM_H
#define MKEMU_LINUX_RWSEM_H

#include <linux/wait.h>

struct rw_semaphore {
    int count; /* readers, -1: a writer */
    int writers; /* that wait */
    struct wait_queue_head wait;
};

#define __RWSEM_INITIALIZER(name) { 0, 0, __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

static inline void init_rwsem(struct rw_semaphore *lock)
{
    lock->count = lock->writers = 0;
    init_waitqueue_head(&lock->wait);
}

int mkemu_rwsem_lock(struct rw_semaphore *lock, bool write, bool wait);
void mkemu_rwsem_unlock(struct rw_semaphore *lock, bool write, bool downgrade);

#define down_read(lock) ((void)mkemu_rwsem_lock((lock), false, true))
#define down_read_interruptible(lock) (down_read(lock), 0)
#define down_read_killable(lock) (down_read(lock), 0)
#define down_read_trylock(lock) mkemu_rwsem_lock((lock), false, false)
#define up_read(lock) mkemu_rwsem_unlock((lock), false, false)
#define down_write(lock) ((void)mkemu_rwsem_lock((lock), true, true))
#define down_write_killable(lock) (down_write(lock), 0)
#define down_write_trylock(lock) mkemu_rwsem_lock((lock), true, false)
#define up_write(lock) mkemu_rwsem_unlock((lock), true, false)
#define downgrade_write(lock) mkemu_rwsem_unlock((lock), true, true)

#endif
