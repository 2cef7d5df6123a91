/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volatile.c: what READ_ONCE and WRITE_ONCE are to the thread sanitizer, which takes them for plain ones otherwise: a
 * store that others may read, a load of what others have stored. The compiler calls these for accesses of volatile
 * objects, with --param tsan-distinguish-volatile=1. Fences it does not know at all: an order that only a fence makes
 * is not looked at.
 */
void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define ACCESSES(size)                                                                              \
    void __tsan_volatile_read##size(void *address) { __tsan_acquire(address); }                     \
    void __tsan_volatile_write##size(void *address) { __tsan_release(address); }                    \
    void __tsan_unaligned_volatile_read##size(void *address) { __tsan_acquire(address); }           \
    void __tsan_unaligned_volatile_write##size(void *address) { __tsan_release(address); }

ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
