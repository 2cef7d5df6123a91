/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_lane.h: both ends of a lane of the queued mailbox: docs/memory-map.md, section 5. */
#ifdef __cplusplus
#error "mkemu's headers are C11, not C++: put what uses them into a .c file, and call that from C++"
#elif !defined MKEMU_LANE_H
#define MKEMU_LANE_H

#include "mkemu_machine.h"

#define MK_READY_NUMBER_MASK (((uint64_t)1 << MK_QUEUED_MAILBOX_READY_NUMBER_BITS) - 1)

#define MK_LANE_CLOSED UINT64_MAX /* the place in a lane that is of no use any more */

/* The top bits of the ready word of the message of this number, which nothing else in a record begins with. */
static inline uint64_t mk_tag(uint64_t number)
{
    return (MK_READY_NUMBER_MASK + 1) | (number & MK_READY_NUMBER_MASK);
}

static inline bool mk_is_ready(uint64_t word, uint64_t number)
{
    return word >> MK_QUEUED_MAILBOX_READY_NUMBER_SHIFT == mk_tag(number);
}

static inline uint64_t mk_ready(uint64_t number, uint64_t size, uint32_t type)
{
    return mk_tag(number) << MK_QUEUED_MAILBOX_READY_NUMBER_SHIFT | size << MK_QUEUED_MAILBOX_READY_SIZE_SHIFT | type;
}

static inline uint64_t mk_size_of(uint64_t ready)
{
    return ready >> MK_QUEUED_MAILBOX_READY_SIZE_SHIFT & ((1u << MK_QUEUED_MAILBOX_READY_SIZE_BITS) - 1);
}

static inline uint64_t mk_record_length(uint64_t size)
{
    return MK_QUEUED_MAILBOX_PAYLOAD_OFFSET + ((size + 7) & ~(uint64_t)7);
}

static inline uint64_t *mk_head(uint8_t *lane)
{
    return (uint64_t *)(lane + MK_QUEUED_MAILBOX_HEAD_OFFSET);
}

static inline uint64_t *mk_record(uint8_t *lane, uint64_t at)
{
    return (uint64_t *)(lane + MK_QUEUED_MAILBOX_RECORDS_OFFSET + at);
}

/* Where a head word says that its receiver is. */
static inline struct mk_lane mk_lane_at(const struct mk_peer *p, uint64_t head)
{
    uint64_t at = (head & ((1u << MK_QUEUED_MAILBOX_HEAD_AT_BITS) - 1)) * 8;
    return (struct mk_lane){head >> MK_QUEUED_MAILBOX_HEAD_AT_BITS,
        at < mk_records_length(p) ? at : mk_records_length(p)};
}

static inline void mk_store_head(uint8_t *lane, struct mk_lane l)
{
    mk_store_release(mk_head(lane), l.count << MK_QUEUED_MAILBOX_HEAD_AT_BITS | l.at / 8);
}

/*
 * The record of the next message: NULL if it is not there yet. *ready is its ready word. A word that cannot be true,
 * and hides where the next record is, closes the lane: *closed.
 */
static inline uint8_t *mk_lane_next(const struct mk_peer *p, uint8_t *lane, struct mk_lane *l, uint64_t *ready,
    bool *closed)
{
    *ready = mk_load_acquire(mk_record(lane, l->at));
    if (!mk_is_ready(*ready, l->count + 1))
        return NULL;
    if (mk_size_of(*ready) == MK_QUEUED_MAILBOX_READY_WRAP && l->at) {
        l->at = 0;
        *ready = mk_load_acquire(mk_record(lane, 0));
        if (!mk_is_ready(*ready, l->count + 1))
            return NULL;
    }
    *closed = mk_size_of(*ready) > MK_MAX_DATA_SIZE
        || l->at + mk_record_length(mk_size_of(*ready)) > mk_records_length(p);
    return *closed ? NULL : (uint8_t *)mk_record(lane, l->at);
}

static inline void mk_lane_advance(struct mk_lane *l, uint64_t ready)
{
    l->at += mk_record_length(mk_size_of(ready));
    l->count++;
}

/* Finds the place after the last message that can be seen, a former life's too; false if the lane is damaged. */
static inline bool mk_lane_resume(const struct mk_peer *p, uint8_t *lane, struct mk_target *t)
{
    uint64_t ready;
    bool closed = false;
    t->tail = mk_lane_at(p, mk_load(mk_head(lane)));
    t->consumed = t->tail.count;
    while (t->tail.count - t->consumed < p->header.ipi_slots && mk_lane_next(p, lane, &t->tail, &ready, &closed))
        mk_lane_advance(&t->tail, ready);
    return !closed;
}

static inline bool mk_lane_is_full(const struct mk_peer *p, uint8_t *lane, struct mk_target *t)
{
    if (t->tail.count - t->consumed < p->header.ipi_slots)
        return false;
    uint64_t more = ((mk_load_acquire(mk_head(lane)) >> MK_QUEUED_MAILBOX_HEAD_AT_BITS) - t->consumed)
        & (UINT64_MAX >> MK_QUEUED_MAILBOX_HEAD_AT_BITS);
    if (more <= t->tail.count - t->consumed)
        t->consumed += more;
    return t->tail.count - t->consumed >= p->header.ipi_slots;
}

/* Publishes in a lane that is not full. */
static inline void mk_lane_put(const struct mk_peer *p, uint8_t *lane, struct mk_lane *tail, uint32_t type,
    const void *data, uint64_t size)
{
    uint64_t length = mk_record_length(size), number = tail->count + 1;
    uint64_t at = tail->at + length > mk_records_length(p) ? 0 : tail->at;
    uint8_t *payload = (uint8_t *)mk_record(lane, at) + MK_QUEUED_MAILBOX_PAYLOAD_OFFSET;
    *mk_record(lane, at + length) = 0; /* before the record can be seen: an old payload there is no ready word */
    data ? memcpy(payload, data, size) : memset(payload, 0, size);
    mk_store_release(mk_record(lane, at), mk_ready(number, size, type));
    if (at != tail->at)
        mk_store_release(mk_record(lane, tail->at), mk_ready(number, MK_QUEUED_MAILBOX_READY_WRAP, 0));
    *tail = (struct mk_lane){number, at + length};
}

#endif
