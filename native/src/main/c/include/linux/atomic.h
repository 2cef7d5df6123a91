/* SPDX-License-Identifier: Apache-2.0 */
/* linux/atomic.h: numbers that several CPUs change. */
#ifndef MKEMU_LINUX_ATOMIC_H
#define MKEMU_LINUX_ATOMIC_H

#include <linux/barrier.h>
#include <linux/types.h>

#define ATOMIC_INIT(i) { (i) }
#define ATOMIC64_INIT(i) { (i) }

/* What returns a value is ordered both ways, unless its name says less; the others order nothing. */
#define MKEMU_ATOMIC_OP_(p, t, type, op)                                                    \
    static inline void p##op(type i, t *v)                                                  \
    {                                                                                       \
        (void)__atomic_fetch_##op(&v->counter, i, __ATOMIC_RELAXED);                        \
    }                                                                                       \
    MKEMU_ATOMIC_FETCH_(p, t, type, op, , __ATOMIC_SEQ_CST)                                 \
    MKEMU_ATOMIC_FETCH_(p, t, type, op, _relaxed, __ATOMIC_RELAXED)                         \
    MKEMU_ATOMIC_FETCH_(p, t, type, op, _acquire, __ATOMIC_ACQUIRE)                         \
    MKEMU_ATOMIC_FETCH_(p, t, type, op, _release, __ATOMIC_RELEASE)
#define MKEMU_ATOMIC_FETCH_(p, t, type, op, suffix, order)                                  \
    static inline type p##fetch_##op##suffix(type i, t *v)                                  \
    {                                                                                       \
        return __atomic_fetch_##op(&v->counter, i, order);                                  \
    }                                                                                       \
    static inline type p##op##_return##suffix(type i, t *v)                                 \
    {                                                                                       \
        return __atomic_##op##_fetch(&v->counter, i, order);                                \
    }
#define MKEMU_ATOMIC_(p, t, type)                                                           \
    MKEMU_ATOMIC_OP_(p, t, type, add)                                                       \
    MKEMU_ATOMIC_OP_(p, t, type, sub)                                                       \
    MKEMU_ATOMIC_OP_(p, t, type, and)                                                       \
    MKEMU_ATOMIC_OP_(p, t, type, or)                                                        \
    MKEMU_ATOMIC_OP_(p, t, type, xor)                                                       \
    static inline void p##inc(t *v)                                                         \
    {                                                                                       \
        p##add(1, v);                                                                       \
    }                                                                                       \
    static inline void p##dec(t *v)                                                         \
    {                                                                                       \
        p##sub(1, v);                                                                       \
    }                                                                                       \
    static inline type p##inc_return(t *v)                                                  \
    {                                                                                       \
        return p##add_return(1, v);                                                         \
    }                                                                                       \
    static inline type p##dec_return(t *v)                                                  \
    {                                                                                       \
        return p##sub_return(1, v);                                                         \
    }                                                                                       \
    static inline type p##fetch_inc(t *v)                                                   \
    {                                                                                       \
        return p##fetch_add(1, v);                                                          \
    }                                                                                       \
    static inline type p##fetch_dec(t *v)                                                   \
    {                                                                                       \
        return p##fetch_sub(1, v);                                                          \
    }                                                                                       \
    static inline bool p##inc_and_test(t *v)                                                \
    {                                                                                       \
        return p##add_return(1, v) == 0;                                                    \
    }                                                                                       \
    static inline bool p##dec_and_test(t *v)                                                \
    {                                                                                       \
        return p##sub_return(1, v) == 0;                                                    \
    }                                                                                       \
    static inline bool p##sub_and_test(type i, t *v)                                        \
    {                                                                                       \
        return p##sub_return(i, v) == 0;                                                    \
    }                                                                                       \
    static inline bool p##add_negative(type i, t *v)                                        \
    {                                                                                       \
        return p##add_return(i, v) < 0;                                                     \
    }                                                                                       \
    static inline void p##andnot(type i, t *v)                                              \
    {                                                                                       \
        p##and(~i, v);                                                                      \
    }                                                                                       \
    static inline type p##xchg(t *v, type i)                                                \
    {                                                                                       \
        return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);                       \
    }                                                                                       \
    static inline bool p##try_cmpxchg(t *v, type *old, type i)                              \
    {                                                                                       \
        return __atomic_compare_exchange_n(&v->counter, old, i, false, __ATOMIC_SEQ_CST,    \
            __ATOMIC_RELAXED);                                                              \
    }                                                                                       \
    static inline type p##cmpxchg(t *v, type old, type i)                                   \
    {                                                                                       \
        p##try_cmpxchg(v, &old, i);                                                         \
        return old;                                                                         \
    }                                                                                       \
    static inline type p##fetch_add_unless(t *v, type i, type not_this)                     \
    {                                                                                       \
        type old = p##read(v);                                                              \
                                                                                            \
        while (old != not_this && !p##try_cmpxchg(v, &old, old + i))                        \
            ;                                                                               \
        return old;                                                                         \
    }                                                                                       \
    static inline bool p##add_unless(t *v, type i, type not_this)                           \
    {                                                                                       \
        return p##fetch_add_unless(v, i, not_this) != not_this;                             \
    }                                                                                       \
    static inline bool p##inc_not_zero(t *v)                                                \
    {                                                                                       \
        return p##add_unless(v, 1, 0);                                                      \
    }                                                                                       \
    static inline type p##dec_if_positive(t *v)                                             \
    {                                                                                       \
        type old = p##read(v);                                                              \
                                                                                            \
        while (old > 0 && !p##try_cmpxchg(v, &old, old - 1))                                \
            ;                                                                               \
        return old - 1;                                                                     \
    }

static inline int atomic_read(const atomic_t *v)
{
    return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline int atomic_read_acquire(const atomic_t *v)
{
    return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void atomic_set(atomic_t *v, int i)
{
    __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic_set_release(atomic_t *v, int i)
{
    __atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);
}

MKEMU_ATOMIC_(atomic_, atomic_t, int)

static inline s64 atomic64_read(const atomic64_t *v)
{
    return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline s64 atomic64_read_acquire(const atomic64_t *v)
{
    return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void atomic64_set(atomic64_t *v, s64 i)
{
    __atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic64_set_release(atomic64_t *v, s64 i)
{
    __atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);
}

MKEMU_ATOMIC_(atomic64_, atomic64_t, s64)

typedef atomic64_t atomic_long_t;
#define ATOMIC_LONG_INIT(i) { (i) }
#define atomic_long_read(v) ((long)atomic64_read(v))
#define atomic_long_set(v, i) atomic64_set((v), (i))
#define atomic_long_inc(v) atomic64_inc(v)
#define atomic_long_dec(v) atomic64_dec(v)
#define atomic_long_add(i, v) atomic64_add((i), (v))
#define atomic_long_sub(i, v) atomic64_sub((i), (v))
#define atomic_long_inc_return(v) ((long)atomic64_inc_return(v))
#define atomic_long_dec_return(v) ((long)atomic64_dec_return(v))
#define atomic_long_add_return(i, v) ((long)atomic64_add_return((i), (v)))
#define atomic_long_dec_and_test(v) atomic64_dec_and_test(v)

#define xchg(p, value) __atomic_exchange_n((p), (value), __ATOMIC_SEQ_CST)
#define xchg_relaxed(p, value) __atomic_exchange_n((p), (value), __ATOMIC_RELAXED)
#define try_cmpxchg(p, old, value) \
    __atomic_compare_exchange_n((p), (old), (value), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, value) ({                                   \
    __typeof__(*(p)) cmpxchg_ = (old);                              \
    (void)try_cmpxchg((p), &cmpxchg_, (value));                     \
    cmpxchg_;                                                       \
})
#define cmpxchg64(p, old, value) cmpxchg((p), (old), (value))

#endif
