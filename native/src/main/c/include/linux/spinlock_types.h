/* SPDX-License-Identifier: Apache-2.0 */
/* linux/spinlock_types.h: spinlocks. */
#ifndef MKEMU_LINUX_SPINLOCK_TYPES_H
#define MKEMU_LINUX_SPINLOCK_TYPES_H

#include <mkemu_kmod.h>

typedef struct raw_spinlock {
    u32 locked; /* 0, or 1 + the CPU that holds it */
    u32 reserved;
    struct task_struct *owner;
} raw_spinlock_t, spinlock_t;

#define __RAW_SPIN_LOCK_UNLOCKED(name) { 0, 0, 0 }
#define __SPIN_LOCK_UNLOCKED(name) { 0, 0, 0 }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) raw_spinlock_t name = __RAW_SPIN_LOCK_UNLOCKED(name)

#endif
