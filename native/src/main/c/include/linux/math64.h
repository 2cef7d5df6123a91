/* SPDX-License-Identifier: Apache-2.0 */
/* linux/math64.h: divisions of 64 bits. */
#ifndef MKEMU_LINUX_MATH64_H
#define MKEMU_LINUX_MATH64_H

#include <linux/math.h>

#define do_div(n, base) ({                          \
    u32 base_ = (base);                             \
    u32 rest_ = (u32)((u64)(n) % base_);            \
    (n) = (__typeof__(n))((u64)(n) / base_);        \
    rest_;                                          \
})

static inline u64 div_u64(u64 n, u32 d)
{
    return n / d;
}

static inline u64 div_u64_rem(u64 n, u32 d, u32 *rest)
{
    *rest = (u32)(n % d);
    return n / d;
}

static inline s64 div_s64(s64 n, s32 d)
{
    return n / d;
}

static inline u64 div64_u64(u64 n, u64 d)
{
    return n / d;
}

static inline u64 div64_u64_rem(u64 n, u64 d, u64 *rest)
{
    *rest = n % d;
    return n / d;
}

static inline s64 div64_s64(s64 n, s64 d)
{
    return n / d;
}

#define div64_ul(n, d) div64_u64(n, d)
#define DIV64_U64_ROUND_UP(n, d) ({ u64 d_ = (d); div64_u64((n) + d_ - 1, d_); })

static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 d)
{
    return (u64)((unsigned __int128)a * b / d);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 b, unsigned int shift)
{
    return (u64)(((unsigned __int128)a * b) >> shift);
}

#endif
