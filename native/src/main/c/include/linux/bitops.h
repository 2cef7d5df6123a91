/* SPDX-License-Identifier: Apache-2.0 */
/* linux/bitops.h: single bits of arrays of unsigned long; those without __ are atomic. */
#ifndef MKEMU_LINUX_BITOPS_H
#define MKEMU_LINUX_BITOPS_H

#include <linux/barrier.h>
#include <linux/bits.h>

static inline void set_bit(long n, volatile unsigned long *at)
{
    __atomic_fetch_or(&at[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_RELAXED);
}

static inline void clear_bit(long n, volatile unsigned long *at)
{
    __atomic_fetch_and(&at[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_RELAXED);
}

static inline void change_bit(long n, volatile unsigned long *at)
{
    __atomic_fetch_xor(&at[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_RELAXED);
}

static inline bool test_bit(long n, const volatile unsigned long *at)
{
    return (__atomic_load_n(&at[BIT_WORD(n)], __ATOMIC_RELAXED) & BIT_MASK(n)) != 0;
}

static inline bool test_and_set_bit(long n, volatile unsigned long *at)
{
    return (__atomic_fetch_or(&at[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_SEQ_CST) & BIT_MASK(n)) != 0;
}

static inline bool test_and_clear_bit(long n, volatile unsigned long *at)
{
    return (__atomic_fetch_and(&at[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_SEQ_CST) & BIT_MASK(n)) != 0;
}

static inline bool test_and_change_bit(long n, volatile unsigned long *at)
{
    return (__atomic_fetch_xor(&at[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_SEQ_CST) & BIT_MASK(n)) != 0;
}

static inline bool test_and_set_bit_lock(long n, volatile unsigned long *at)
{
    return (__atomic_fetch_or(&at[BIT_WORD(n)], BIT_MASK(n), __ATOMIC_ACQUIRE) & BIT_MASK(n)) != 0;
}

static inline void clear_bit_unlock(long n, volatile unsigned long *at)
{
    __atomic_fetch_and(&at[BIT_WORD(n)], ~BIT_MASK(n), __ATOMIC_RELEASE);
}

#define __set_bit(n, at) set_bit((n), (at))
#define __clear_bit(n, at) clear_bit((n), (at))
#define __change_bit(n, at) change_bit((n), (at))
#define __test_and_set_bit(n, at) test_and_set_bit((n), (at))
#define __test_and_clear_bit(n, at) test_and_clear_bit((n), (at))

#define __ffs(x) ((unsigned long)__builtin_ctzl(x)) /* x is not 0 */
#define __fls(x) ((unsigned long)(BITS_PER_LONG - 1 - __builtin_clzl(x)))
#define ffz(x) __ffs(~(x))

/* From 1 on; 0: none. */
#ifndef ffs
#define ffs(x) __builtin_ffs((int)(x))
#endif

static inline int fls(unsigned int x)
{
    return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
    return x ? 64 - __builtin_clzll(x) : 0;
}

#define hweight8(x) ((unsigned int)__builtin_popcount((u8)(x)))
#define hweight16(x) ((unsigned int)__builtin_popcount((u16)(x)))
#define hweight32(x) ((unsigned int)__builtin_popcount((u32)(x)))
#define hweight64(x) ((unsigned int)__builtin_popcountll(x))
#define hweight_long(x) ((unsigned int)__builtin_popcountl(x))

static inline u32 rol32(u32 x, unsigned int n)
{
    return x << (n & 31) | x >> (-n & 31);
}

static inline u32 ror32(u32 x, unsigned int n)
{
    return x >> (n & 31) | x << (-n & 31);
}

static inline u64 rol64(u64 x, unsigned int n)
{
    return x << (n & 63) | x >> (-n & 63);
}

/* The first bit from begin on that is what; size: there is none. */
static inline unsigned long mkemu_find_bit(const unsigned long *at, unsigned long size, unsigned long begin, bool what)
{
    while (begin < size && test_bit((long)begin, at) != what)
        begin++;
    return begin < size ? begin : size;
}

#define find_first_bit(at, size) mkemu_find_bit((at), (size), 0, true)
#define find_next_bit(at, size, begin) mkemu_find_bit((at), (size), (begin), true)
#define find_first_zero_bit(at, size) mkemu_find_bit((at), (size), 0, false)
#define find_next_zero_bit(at, size, begin) mkemu_find_bit((at), (size), (begin), false)
#define for_each_set_bit(n, at, size) \
    for ((n) = find_first_bit((at), (size)); (n) < (size); (n) = find_next_bit((at), (size), (n) + 1))
#define for_each_clear_bit(n, at, size) \
    for ((n) = find_first_zero_bit((at), (size)); (n) < (size); (n) = find_next_zero_bit((at), (size), (n) + 1))

#endif
