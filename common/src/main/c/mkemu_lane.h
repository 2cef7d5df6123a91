/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_lane.h: both ends of a lane of the queued mailbox: docs/memory-map.md, section 5. */
#ifndef MKEMU_LANE_H
#define MKEMU_LANE_H

#include "mkemu_machine.h"

MKEMU_BEGIN

#define MKEMU_READY_NUMBER_MASK (((uint64_t)1 << MKEMU_QUEUED_MAILBOX_READY_NUMBER_BITS) - 1)

#define MKEMU_LANE_BACK_AT 2048 /* bytes: a conversation stays in a first level cache, and seldom reads head */
#define MKEMU_LANE_CLOSED UINT64_MAX /* the place in a lane that is of no use any more */

/* The top bits of the ready word of the message of this number, which nothing else in a record begins with. */
static inline uint64_t mkemu_tag(uint64_t number)
{
    return (MKEMU_READY_NUMBER_MASK + 1) | (number & MKEMU_READY_NUMBER_MASK);
}

static inline bool mkemu_is_ready(uint64_t word, uint64_t number)
{
    return word >> MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT == mkemu_tag(number);
}

static inline uint64_t mkemu_ready(uint64_t number, uint64_t size, uint32_t type)
{
    return mkemu_tag(number) << MKEMU_QUEUED_MAILBOX_READY_NUMBER_SHIFT
        | size << MKEMU_QUEUED_MAILBOX_READY_SIZE_SHIFT | type;
}

static inline uint64_t mkemu_size_of(uint64_t ready)
{
    return ready >> MKEMU_QUEUED_MAILBOX_READY_SIZE_SHIFT & ((1u << MKEMU_QUEUED_MAILBOX_READY_SIZE_BITS) - 1);
}

static inline uint64_t mkemu_record_length(uint64_t size)
{
    return MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET + ((size + 7) & ~(uint64_t)7);
}

static inline uint64_t *mkemu_head(uint8_t *lane)
{
    return (uint64_t *)(lane + MKEMU_QUEUED_MAILBOX_HEAD_OFFSET);
}

static inline uint64_t *mkemu_record(uint8_t *lane, uint64_t at)
{
    return (uint64_t *)(lane + MKEMU_QUEUED_MAILBOX_RECORDS_OFFSET + at);
}

/* Where a head word says that its receiver is. */
static inline struct mkemu_lane mkemu_lane_at(const struct mkemu_peer *p, uint64_t head)
{
    uint64_t at = (head & ((1u << MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS) - 1)) * 8;
    struct mkemu_lane lane = {
        head >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS, at < mkemu_records_length(p) ? at : mkemu_records_length(p)};
    return lane;
}

static inline void mkemu_store_head(uint8_t *lane, struct mkemu_lane l)
{
    mkemu_store_release(mkemu_head(lane), l.count << MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS | l.at / 8);
}

/*
 * The record of the next message: NULL if it is not there yet. *ready is its ready word. A word that cannot be true,
 * and hides where the next record is, closes the lane: *closed.
 */
static inline uint8_t *mkemu_lane_next(const struct mkemu_peer *p, uint8_t *lane, struct mkemu_lane *l, uint64_t *ready,
    bool *closed)
{
    *ready = mkemu_load_acquire(mkemu_record(lane, l->at));
    if (!mkemu_is_ready(*ready, l->count + 1))
        return NULL;
    uint64_t to = (uint32_t)*ready;
    if (mkemu_size_of(*ready) == MKEMU_QUEUED_MAILBOX_READY_JUMP && to < mkemu_records_length(p) && to % 8 == 0) {
        l->at = to;
        *ready = mkemu_load_acquire(mkemu_record(lane, to));
        if (!mkemu_is_ready(*ready, l->count + 1))
            return NULL;
    }
    *closed = mkemu_size_of(*ready) > MKEMU_IPI_DATA_MAX_DATA_SIZE
        || l->at + mkemu_record_length(mkemu_size_of(*ready)) > mkemu_records_length(p);
    return *closed ? NULL : (uint8_t *)mkemu_record(lane, l->at);
}

static inline void mkemu_lane_advance(struct mkemu_lane *l, uint64_t ready)
{
    l->at += mkemu_record_length(mkemu_size_of(ready));
    l->count++;
}

/* Until the receiver has read a jump nothing may lie on it: a record and the zeroed word behind it end before. */
static inline void mkemu_lane_jumps_back(struct mkemu_target *t, uint64_t from)
{
    t->limit = from - 8;
    t->jumped = t->tail.count + 1;
    t->back_at = MKEMU_LANE_BACK_AT;
}

/* Finds the place after the last message that can be seen, a former life's too; false if the lane is damaged. */
static inline bool mkemu_lane_resume(const struct mkemu_peer *p, uint8_t *lane, struct mkemu_target *t)
{
    uint64_t ready;
    bool closed = false;
    t->tail = mkemu_lane_at(p, mkemu_load(mkemu_head(lane)));
    t->consumed = t->tail.count;
    t->limit = mkemu_records_length(p);
    t->back_at = MKEMU_LANE_BACK_AT;
    while (t->tail.count - t->consumed < p->header.ipi_slots) {
        uint64_t from = t->tail.at;
        if (!mkemu_lane_next(p, lane, &t->tail, &ready, &closed))
            break;
        if (t->tail.at != from)
            t->tail.at ? (void)(t->limit = mkemu_records_length(p)) : mkemu_lane_jumps_back(t, from);
        mkemu_lane_advance(&t->tail, ready);
    }
    return !closed;
}

static inline void mkemu_lane_look_at_head(uint8_t *lane, struct mkemu_target *t)
{
    uint64_t more = ((mkemu_load_acquire(mkemu_head(lane)) >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS) - t->consumed)
        & (UINT64_MAX >> MKEMU_QUEUED_MAILBOX_HEAD_AT_BITS);
    if (more <= t->tail.count - t->consumed)
        t->consumed += more;
}

static inline bool mkemu_lane_is_full(const struct mkemu_peer *p, uint8_t *lane, struct mkemu_target *t)
{
    if (t->tail.count - t->consumed < p->header.ipi_slots)
        return false;
    mkemu_lane_look_at_head(lane, t);
    return t->tail.count - t->consumed >= p->header.ipi_slots;
}

/* Where the next record goes: behind the last one, at the first if all is consumed, or over a jump not read yet. */
static inline uint64_t mkemu_lane_place(const struct mkemu_peer *p, uint8_t *lane, struct mkemu_target *t,
    uint64_t length)
{
    uint64_t at = t->tail.at, end = mkemu_records_length(p), over = t->limit + 16;
    if (at < t->back_at && at + length <= t->limit)
        return at;
    mkemu_lane_look_at_head(lane, t);
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
    mkemu_lane_jumps_back(t, at);
    return 0;
}

/* Publishes in a lane that is not full. */
static inline void mkemu_lane_put(const struct mkemu_peer *p, uint8_t *lane, struct mkemu_target *t, uint32_t type,
    const void *data, uint64_t size)
{
    uint64_t length = mkemu_record_length(size), number = t->tail.count + 1;
    uint64_t at = mkemu_lane_place(p, lane, t, length);
    uint8_t *payload = (uint8_t *)mkemu_record(lane, at) + MKEMU_QUEUED_MAILBOX_PAYLOAD_OFFSET;
    *mkemu_record(lane, at + length) = 0; /* before the record can be seen: an old payload there is no ready word */
    data ? memcpy(payload, data, size) : memset(payload, 0, size);
    mkemu_store_release(mkemu_record(lane, at), mkemu_ready(number, size, type));
    if (at != t->tail.at)
        mkemu_store_release(mkemu_record(lane, t->tail.at),
            mkemu_ready(number, MKEMU_QUEUED_MAILBOX_READY_JUMP, (uint32_t)at));
    t->tail.count = number;
    t->tail.at = at + length;
}

MKEMU_END

#endif
