/* SPDX-License-Identifier: Apache-2.0 */
/* linux/hash.h: numbers spread over so many bits. */
#ifndef MKEMU_LINUX_HASH_H
#define MKEMU_LINUX_HASH_H

#include <linux/types.h>

/* 2^32 and 2^64, divided by the golden ratio's square. */
#define GOLDEN_RATIO_32 0x61C88647u
#define GOLDEN_RATIO_64 0x61C8864680B583EBull

static inline u32 hash_32(u32 value, unsigned int bits)
{
    return bits ? value * GOLDEN_RATIO_32 >> (32 - bits) : 0;
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
    return bits ? (u32)(value * GOLDEN_RATIO_64 >> (64 - bits)) : 0;
}

#define hash_long(value, bits) hash_64(value, bits)

static inline u32 hash_ptr(const void *p, unsigned int bits)
{
    return hash_64((u64)(uintptr_t)p, bits);
}

#endif
