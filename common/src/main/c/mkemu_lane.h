/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_lane.h: both ends of a lane of the queued mailbox: docs/memory-map.md, section 5. */
#ifdef __cplusplus
#error "mkemu's headers are C11, not C++: put what uses them into a .c file, and call that from C++"
#elif !defined MKEMU_LANE_H
#define MKEMU_LANE_H

#include "mkemu_machine.h"

#define MK_READY_NUMBER_MASK (((uint64_t)1 << MK_QUEUED_MAILBOX_READY_NUMBER_BITS) - 1)

#define MK_LANE_BACK_AT 2048 /* bytes: a conversation stays in a first level cache, and seldom reads head */
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
    uint64_t to = (uint32_t)*ready;
    if (mk_size_of(*ready) == MK_QUEUED_MAILBOX_READY_JUMP && to < mk_records_length(p) && to % 8 == 0) {
        l->at = to;
        *ready = mk_load_acquire(mk_record(lane, to));
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

/* Until the receiver has read a jump nothing may lie on it: a record and the zeroed word behind it end before. */
static inline void mk_lane_jumps_back(struct mk_target *t, uint64_t from)
{
    t->limit = from - 8;
    t->jumped = t->tail.count + 1;
    t->back_at = MK_LANE_BACK_AT;
}

/* Finds the place after the last message that can be seen, a former life's too; false if the lane is damaged. */
static inline bool mk_lane_resume(const struct mk_peer *p, uint8_t *lane, struct mk_target *t)
{
    uint64_t ready;
    bool closed = false;
    t->tail = mk_lane_at(p, mk_load(mk_head(lane)));
    t->consumed = t->tail.count;
    t->limit = mk_records_length(p);
    t->back_at = MK_LANE_BACK_AT;
    while (t->tail.count - t->consumed < p->header.ipi_slots) {
        uint64_t from = t->tail.at;
        if (!mk_lane_next(p, lane, &t->tail, &ready, &closed))
            break;
        if (t->tail.at != from)
            t->tail.at ? (void)(t->limit = mk_records_length(p)) : mk_lane_jumps_back(t, from);
        mk_lane_advance(&t->tail, ready);
    }
    return !closed;
}

static inline void mk_lane_look_at_head(uint8_t *lane, struct mk_target *t)
{
    uint64_t more = ((mk_load_acquire(mk_head(lane)) >> MK_QUEUED_MAILBOX_HEAD_AT_BITS) - t->consumed)
        & (UINT64_MAX >> MK_QUEUED_MAILBOX_HEAD_AT_BITS);
    if (more <= t->tail.count - t->consumed)
        t->consumed += more;
}

static inline bool mk_lane_is_full(const struct mk_peer *p, uint8_t *lane, struct mk_target *t)
{
    if (t->tail.count - t->consumed < p->header.ipi_slots)
        return false;
    mk_lane_look_at_head(lane, t);
    return t->tail.count - t->consumed >= p->header.ipi_slots;
}

/* Where the next record goes: behind the last one, at the first if all is consumed, or over a jump not read yet. */
static inline uint64_t mk_lane_place(const struct mk_peer *p, uint8_t *lane, struct mk_target *t, uint64_t length)
{
    uint64_t at = t->tail.at, end = mk_records_length(p), over = t->limit + 16;
    if (at < t->back_at && at + length <= t->limit)
        return at;
    mk_lane_look_at_head(lane, t);
    if (t->consumed >= t->jumped)
        t->limit = end;
    bool goes_back = at >= t->back_at && t->consumed == t->tail.count;
    if (at >= t->back_at)
        t->back_at = 2 * at;
    if (!goes_back && at + length <= t->limit)
        return at;
    if (!goes_back && t->limit < end) {
        t->limit = end;
        return over;
    }
    mk_lane_jumps_back(t, at);
    return 0;
}

/* Publishes in a lane that is not full. */
static inline void mk_lane_put(const struct mk_peer *p, uint8_t *lane, struct mk_target *t, uint32_t type,
    const void *data, uint64_t size)
{
    uint64_t length = mk_record_length(size), number = t->tail.count + 1;
    uint64_t at = mk_lane_place(p, lane, t, length);
    uint8_t *payload = (uint8_t *)mk_record(lane, at) + MK_QUEUED_MAILBOX_PAYLOAD_OFFSET;
    *mk_record(lane, at + length) = 0; /* before the record can be seen: an old payload there is no ready word */
    data ? memcpy(payload, data, size) : memset(payload, 0, size);
    mk_store_release(mk_record(lane, at), mk_ready(number, size, type));
    if (at != t->tail.at)
        mk_store_release(mk_record(lane, t->tail.at), mk_ready(number, MK_QUEUED_MAILBOX_READY_JUMP, (uint32_t)at));
    t->tail = (struct mk_lane){number, at + length};
}

#endif
