/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_pool.h: allocates from the instance's own memory, as io.mkemu.memory.BitmapPool and GranuleMap do: no lock, no
 * counter, and a process that is killed in between leaks one range at most. docs/memory-map.md, section 10. Any thread.
 */
#ifndef MKEMU_POOL_H
#define MKEMU_POOL_H

#include "mkemu_machine.h"

MKEMU_BEGIN

/* A pass is repeated only if another caller took what this one had found free. */
#define MKEMU_POOL_MAX_PASSES 16

/* What is looked for in a word of the bitmap. */
enum mkemu_granules { MKEMU_FREE, MKEMU_OCCUPIED, MKEMU_FIRST, MKEMU_NOT_NEXT };

static inline uint32_t mkemu_select(enum mkemu_granules kind, uint64_t word)
{
    uint32_t allocated = (uint32_t)word, first = (uint32_t)(word >> 32);
    switch (kind) {
    case MKEMU_FREE:
        return ~(allocated | first);
    case MKEMU_OCCUPIED:
        return allocated | first;
    case MKEMU_FIRST:
        return allocated & first;
    default:
        return ~allocated | first;
    }
}

/* The granules of a word that lie in a range. */
static inline uint32_t mkemu_granule_mask(uint64_t word, uint64_t from, uint64_t end)
{
    uint64_t low = from > word * 32 ? from - word * 32 : 0, high = end - word * 32 < 32 ? end - word * 32 : 32;
    return (uint32_t)(((uint64_t)1 << high) - ((uint64_t)1 << low));
}

/* The first granule of that kind in a range, or its end. */
static inline uint64_t mkemu_next_granule(const struct mkemu_bitmap_pool *b, enum mkemu_granules kind, uint64_t from,
    uint64_t end)
{
    for (uint64_t word = from / 32; from < end && word <= (end - 1) / 32; word++) {
        uint32_t hits = mkemu_select(kind, mkemu_load(&b->words[word])) & mkemu_granule_mask(word, from, end);
        if (hits)
            return word * 32 + (unsigned)__builtin_ctz(hits);
    }
    return end;
}

/* Makes every granule of a range free, downwards; the caller owns it. */
static inline void mkemu_release(const struct mkemu_bitmap_pool *b, uint64_t from, uint64_t end)
{
    for (uint64_t word = (end + 31) / 32; end > from && word-- > from / 32;) {
        uint64_t mask = mkemu_granule_mask(word, from, end);
        __atomic_fetch_and(&b->words[word], ~(mask | mask << 32), __ATOMIC_SEQ_CST);
    }
}

/* Makes a range an allocation, upwards, or leaves it as it was: UINT64_MAX, or a granule of it that is taken. */
static inline uint64_t mkemu_claim(const struct mkemu_bitmap_pool *b, uint64_t from, uint64_t end)
{
    uint64_t first_word = from / 32, last_word = (end - 1) / 32, allocated = (uint64_t)1 << from % 32;
    for (uint64_t word = first_word; word <= last_word; word++) {
        uint64_t mask = mkemu_granule_mask(word, from, end), claim = mask, seen = mkemu_load(&b->words[word]);
        if (word == first_word)
            claim |= allocated << 32;
        if (word == first_word && word != last_word)
            claim &= ~allocated; /* CLAIMED, until all of it is */
        do {
            uint32_t taken = mkemu_select(MKEMU_OCCUPIED, seen) & (uint32_t)mask;
            if (taken) {
                mkemu_release(b, from, word * 32);
                return word * 32 + 31 - (unsigned)__builtin_clz(taken);
            }
        } while (!__atomic_compare_exchange_n(&b->words[word], &seen, seen | claim, false, __ATOMIC_SEQ_CST,
            __ATOMIC_SEQ_CST));
    }
    if (first_word != last_word)
        __atomic_fetch_or(&b->words[first_word], allocated, __ATOMIC_SEQ_CST);
    return UINT64_MAX;
}

/* The first granule from an index on whose address is a multiple of align bytes. */
static inline uint64_t mkemu_align_granule(const struct mkemu_bitmap_pool *b, uint64_t at, uint64_t align)
{
    uint64_t step = align >> b->order ? align >> b->order : 1, first = b->base >> b->order;
    return ((first + at + step - 1) & ~(step - 1)) - first;
}

static inline uint64_t mkemu_granules_in(const struct mkemu_bitmap_pool *b, uint64_t bytes)
{
    return (bytes + ((uint64_t)1 << b->order) - 1) >> b->order;
}

static inline uint64_t mkemu_pool_alloc(const struct mkemu_bitmap_pool *b, uint64_t bytes, uint64_t align)
{
    bool conflict = b->words && bytes && bytes <= b->granules << b->order;
    for (int pass = 0; conflict && pass < MKEMU_POOL_MAX_PASSES; pass++) {
        uint64_t count = mkemu_granules_in(b, bytes), at = mkemu_align_granule(b, 0, align);
        conflict = false;
        while (at <= b->granules - count) {
            uint64_t taken = mkemu_next_granule(b, MKEMU_OCCUPIED, at, at + count);
            if (taken == at + count) {
                taken = mkemu_claim(b, at, at + count);
                if (taken == UINT64_MAX)
                    return b->base + (at << b->order);
                conflict = true;
            }
            at = mkemu_align_granule(b, mkemu_next_granule(b, MKEMU_FREE, taken + 1, b->granules), align);
        }
    }
    return 0;
}

/* Whether the granule at from is FIRST, and its allocation ends at end. */
static inline bool mkemu_ends_at(const struct mkemu_bitmap_pool *b, uint64_t from, uint64_t end)
{
    uint64_t limit = end + 1 < b->granules ? end + 1 : b->granules;
    return mkemu_next_granule(b, MKEMU_NOT_NEXT, from + 1, limit) == end;
}

/* Frees a whole allocation: 0, -EINVAL if the range is not exactly one, -ENOENT if none starts there. */
static inline int mkemu_pool_free(const struct mkemu_bitmap_pool *b, uint64_t from, uint64_t end)
{
    uint64_t *word = &b->words[from / 32], allocated = (uint64_t)1 << from % 32, first = allocated << 32;
    uint64_t seen = mkemu_load(word);
    do {
        if ((seen & (allocated | first)) == allocated)
            return -EINVAL;
        if ((seen & (allocated | first)) != (allocated | first))
            return -ENOENT;
        if (!mkemu_ends_at(b, from, end))
            return -EINVAL;
    } while (!__atomic_compare_exchange_n(word, &seen, seen & ~allocated, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    /* It may have been freed and allocated anew with another size meanwhile; from here on nobody else can. */
    if (!mkemu_ends_at(b, from, end)) {
        __atomic_fetch_or(word, allocated, __ATOMIC_SEQ_CST);
        return -EINVAL;
    }
    mkemu_release(b, from, end);
    return 0;
}

/* The pool that manages an address, NULL for none. */
static inline const struct mkemu_bitmap_pool *mkemu_pool_of(const struct mkemu_peer *p, uint64_t address)
{
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++) {
        const struct mkemu_bitmap_pool *b = &p->pools[i];
        if (b->words && address >= b->base && address - b->base < b->granules << b->order)
            return b;
    }
    return NULL;
}

/* Whether a page lies in the own pool and is allocated. */
static inline bool mkemu_is_allocated(const struct mkemu_peer *p, uint64_t address)
{
    const struct mkemu_bitmap_pool *b = mkemu_pool_of(p, address);
    uint64_t at = b ? (address - b->base) >> b->order : 0;
    return b && mkemu_next_granule(b, MKEMU_OCCUPIED, at, at + 1) == at;
}

MKEMU_END

#endif
