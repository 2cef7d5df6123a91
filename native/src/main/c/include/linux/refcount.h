/* SPDX-License-Identifier: Apache-2.0 */
/* linux/refcount.h: counts of references; one that would overflow or rise from 0 warns. */
#ifndef MKEMU_LINUX_REFCOUNT_H
#define MKEMU_LINUX_REFCOUNT_H

#include <linux/atomic.h>
#include <linux/bug.h>

typedef struct {
    atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n) { .refs = ATOMIC_INIT(n) }

static inline void refcount_set(refcount_t *r, int n)
{
    atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
    return (unsigned int)atomic_read(&r->refs);
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
    return atomic_inc_not_zero(&r->refs);
}

static inline void refcount_inc(refcount_t *r)
{
    WARN_ON_ONCE(atomic_fetch_inc(&r->refs) <= 0);
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
    int before = atomic_fetch_dec(&r->refs);

    WARN_ON_ONCE(before <= 0);
    return before == 1;
}

static inline void refcount_dec(refcount_t *r)
{
    WARN_ON_ONCE(refcount_dec_and_test(r));
}

#endif
