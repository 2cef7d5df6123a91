/* SPDX-License-Identifier: Apache-2.0 */
/* linux/bitmap.h: arrays of bits. */
#ifndef MKEMU_LINUX_BITMAP_H
#define MKEMU_LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/string.h>

#define bitmap_zero(to, bits) ((void)memset((to), 0, BITS_TO_LONGS(bits) * sizeof(long)))
#define bitmap_copy(to, from, bits) ((void)memcpy((to), (from), BITS_TO_LONGS(bits) * sizeof(long)))

static inline void bitmap_set(unsigned long *at, unsigned int begin, unsigned int bits)
{
    while (bits--)
        set_bit((long)begin++, at);
}

static inline void bitmap_clear(unsigned long *at, unsigned int begin, unsigned int bits)
{
    while (bits--)
        clear_bit((long)begin++, at);
}

#define bitmap_fill(to, bits) bitmap_set((to), 0, (bits))

static inline unsigned int bitmap_weight(const unsigned long *at, unsigned int bits)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < bits; i++)
        n += test_bit((long)i, at);
    return n;
}

#define bitmap_empty(at, bits) (find_first_bit((at), (bits)) == (bits))
#define bitmap_full(at, bits) (find_first_zero_bit((at), (bits)) == (bits))

#endif
