/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/spinlock.h: spinlocks. What interrupts a CPU comes only when it schedules, so disabling
 * interrupts is a count; to sleep with a lock held, or to take one twice, ends the kernel with a BUG.
 */
#ifndef MKEMU_LINUX_SPINLOCK_H
#define MKEMU_LINUX_SPINLOCK_H

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/spinlock_types.h>

void mkemu_spin_lock(struct raw_spinlock *lock);
int mkemu_spin_trylock(struct raw_spinlock *lock);
void mkemu_spin_unlock(struct raw_spinlock *lock);

static inline void raw_spin_lock_init(raw_spinlock_t *lock)
{
    *lock = (raw_spinlock_t){0, 0, 0};
}

#define raw_spin_lock(lock) mkemu_spin_lock(lock)
#define raw_spin_unlock(lock) mkemu_spin_unlock(lock)
#define raw_spin_trylock(lock) mkemu_spin_trylock(lock)
#define raw_spin_is_locked(lock) (READ_ONCE((lock)->locked) != 0)
#define raw_spin_lock_bh(lock) mkemu_spin_lock(lock)
#define raw_spin_unlock_bh(lock) mkemu_spin_unlock(lock)
#define raw_spin_lock_irq(lock) do { local_irq_disable(); mkemu_spin_lock(lock); } while (0)
#define raw_spin_unlock_irq(lock) do { mkemu_spin_unlock(lock); local_irq_enable(); } while (0)
#define raw_spin_lock_irqsave(lock, flags) do { local_irq_save(flags); mkemu_spin_lock(lock); } while (0)
#define raw_spin_unlock_irqrestore(lock, flags) do { mkemu_spin_unlock(lock); local_irq_restore(flags); } while (0)
#define raw_spin_trylock_irqsave(lock, flags) ({     \
    int taken_;                                      \
    local_irq_save(flags);                           \
    taken_ = mkemu_spin_trylock(lock);               \
    if (!taken_)                                     \
        local_irq_restore(flags);                    \
    taken_;                                          \
})

#define spin_lock_init(lock) raw_spin_lock_init(lock)
#define spin_lock(lock) raw_spin_lock(lock)
#define spin_lock_nested(lock, subclass) raw_spin_lock(lock)
#define spin_unlock(lock) raw_spin_unlock(lock)
#define spin_trylock(lock) raw_spin_trylock(lock)
#define spin_is_locked(lock) raw_spin_is_locked(lock)
#define spin_lock_bh(lock) raw_spin_lock_bh(lock)
#define spin_unlock_bh(lock) raw_spin_unlock_bh(lock)
#define spin_lock_irq(lock) raw_spin_lock_irq(lock)
#define spin_unlock_irq(lock) raw_spin_unlock_irq(lock)
#define spin_lock_irqsave(lock, flags) raw_spin_lock_irqsave(lock, flags)
#define spin_unlock_irqrestore(lock, flags) raw_spin_unlock_irqrestore(lock, flags)
#define spin_trylock_irqsave(lock, flags) raw_spin_trylock_irqsave(lock, flags)
#define lockdep_assert_held(lock) ((void)(lock))
#define assert_spin_locked(lock) BUG_ON(!raw_spin_is_locked(lock))

#endif
