/* SPDX-License-Identifier: Apache-2.0
 *
 * The loops of every peer that sends messages. They are inlined into each peer together with its own put and get, so
 * that no call through a pointer is measured.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include "peer.h"

#define INLINED static inline __attribute__((always_inline))

/* Sends to the other side of a round trip. */
typedef void put_fn(const void *payload, int bytes);
/* Waits for its next message; it lies there until the next put. */
typedef const void *get_fn(int bytes);

/*
 * The clock is read after a send and before the wait for its answer: while the message is under way, so that what the
 * reading costs is not in the trip. A sample is the time from one such reading to the next, a whole round trip.
 */
INLINED long ping_loop(put_fn put, get_fn get, int bytes, uint64_t nanos, uint32_t *samples, long most)
{
    uint8_t payload[MOST_BYTES] = {0};
    uint64_t number = 1, last, now, deadline, end = END;
    long count = 0, result;

    memcpy(payload, &number, sizeof number);
    put(payload, bytes);
    get(bytes);
    last = now_nanos();
    deadline = last + nanos;
    number++;
    memcpy(payload, &number, sizeof number);
    put(payload, bytes);
    last = now_nanos();
    for (;;) {
        if (number_of(get(bytes)) != number) {
            result = -1;
            break;
        }
        number++;
        memcpy(payload, &number, sizeof number);
        put(payload, bytes);
        now = now_nanos();
        samples[count++] = now - last > UINT32_MAX ? UINT32_MAX : (uint32_t)(now - last);
        last = now;
        if (count == most || now >= deadline) {
            result = number_of(get(bytes)) == number ? count : -1;
            break;
        }
    }
    memcpy(payload, &end, sizeof end);
    put(payload, bytes);
    get(bytes);
    return result;
}

INLINED void echo_loop(put_fn put, get_fn get, int bytes)
{
    const void *message;
    uint64_t number;

    do {
        message = get(bytes);
        number = number_of(message);
        put(message, bytes);
    } while (number != END);
}

INLINED void send_loop(put_fn put, int bytes, uint64_t nanos)
{
    uint8_t payload[MOST_BYTES] = {0};
    uint64_t number = 0, deadline = now_nanos() + nanos, end = END;

    do {
        number++;
        memcpy(payload, &number, sizeof number);
        put(payload, bytes);
    } while (number % 64 || now_nanos() < deadline);
    memcpy(payload, &end, sizeof end);
    put(payload, bytes);
}

#endif
