/* SPDX-License-Identifier: Apache-2.0 */
/* linux/log2.h: powers of two. */
#ifndef MKEMU_LINUX_LOG2_H
#define MKEMU_LINUX_LOG2_H

#include <linux/bitops.h>

#define ilog2(x) (fls64(x) - 1)

static inline bool is_power_of_2(unsigned long n)
{
    return n && !(n & (n - 1));
}

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
    return n <= 1 ? 1 : 1UL << fls64(n - 1);
}

static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
    return 1UL << (fls64(n) - 1);
}

#define order_base_2(n) ((n) > 1 ? ilog2((n) - 1) + 1 : 0)

#endif
