/* SPDX-License-Identifier: Apache-2.0 */
/* linux/random.h: random numbers, not for secrets; the same again in a replay. */
#ifndef MKEMU_LINUX_RANDOM_H
#define MKEMU_LINUX_RANDOM_H

#include <linux/string.h>
#include <mkemu_kmod.h>

u64 get_random_u64(void);

#define get_random_long() ((unsigned long)get_random_u64())
#define get_random_u32() ((u32)(get_random_u64() >> 32))
#define get_random_u16() ((u16)(get_random_u64() >> 48))
#define get_random_u8() ((u8)(get_random_u64() >> 56))
#define get_random_int() get_random_u32()
#define prandom_u32() get_random_u32()

/* 0 <= x < ceiling, all as likely. */
static inline u32 get_random_u32_below(u32 ceiling)
{
    return (u32)(((unsigned __int128)get_random_u64() * ceiling) >> 64);
}

#define get_random_u32_inclusive(low, high) ((low) + get_random_u32_below((high) - (low) + 1))
#define prandom_u32_max(ceiling) get_random_u32_below(ceiling)

static inline void get_random_bytes(void *to, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        u64 bits = get_random_u64();

        memcpy((char *)to + i, &bits, size - i < 8 ? size - i : 8);
    }
}

#endif
