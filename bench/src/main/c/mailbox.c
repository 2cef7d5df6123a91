/* SPDX-License-Identifier: Apache-2.0
 *
 * A mailbox of one slot each way between the main process and each child: what a careful C programmer would write over
 * shared memory. A message and its ready word share the slot's first line. Who waits spins, or sleeps in a futex.
 */
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loops.h"

enum { MAIN = SENDERS };

struct slot {
    _Alignas(2 * LINE) _Atomic uint64_t ready; /* number of the message that is here */
    uint64_t size;
    uint8_t data[MOST_BYTES];
};

struct lane {
    struct slot up, down; /* child to main, main to child */
    _Alignas(2 * LINE) _Atomic uint64_t taken; /* messages of up that may be overwritten */
};

struct bell {
    _Alignas(2 * LINE) _Atomic uint32_t rung;
    _Atomic uint32_t sleeps;
};

static struct {
    struct lane lanes[SENDERS];
    struct bell bells[SENDERS + 1];
} *ram;

/* Of this process: messages sent and taken, up and down. */
static uint64_t sent_up, sent_down, taken_up[SENDERS], taken_down;

static void make(void)
{
    ram = shared_memory(sizeof *ram);
}

INLINED void fill(struct slot *slot, uint64_t number, const void *payload, int bytes)
{
    slot->size = (uint64_t)bytes;
    memcpy(slot->data, payload, (unsigned)bytes);
    atomic_store_explicit(&slot->ready, number, memory_order_release);
}

INLINED void ring(int futex, int target)
{
    struct bell *bell = &ram->bells[target];

    if (!futex)
        return;
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&bell->sleeps, memory_order_relaxed)) {
        atomic_fetch_add(&bell->rung, 1);
        syscall(SYS_futex, &bell->rung, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

/* Waits until a word has a value. */
INLINED void await(int futex, int me, _Atomic uint64_t *word, uint64_t value)
{
    struct bell *bell = &ram->bells[me];
    uint32_t seen;

    while (atomic_load_explicit(word, memory_order_acquire) != value) {
        if (!futex) {
            pause_cpu();
            continue;
        }
        seen = atomic_load(&bell->rung);
        atomic_store(&bell->sleeps, 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load_explicit(word, memory_order_acquire) != value)
            syscall(SYS_futex, &bell->rung, FUTEX_WAIT, seen, NULL, NULL, 0);
        atomic_store(&bell->sleeps, 0);
    }
}

INLINED void put_down(int futex, const void *payload, int bytes)
{
    fill(&ram->lanes[0].down, ++sent_down, payload, bytes);
    ring(futex, 0);
}

INLINED void put_up(int futex, const void *payload, int bytes)
{
    fill(&ram->lanes[0].up, ++sent_up, payload, bytes);
    ring(futex, MAIN);
}

INLINED const void *get_down(int futex)
{
    await(futex, 0, &ram->lanes[0].down.ready, ++taken_down);
    return ram->lanes[0].down.data;
}

INLINED const void *get_up(int futex)
{
    await(futex, MAIN, &ram->lanes[0].up.ready, ++taken_up[0]);
    return ram->lanes[0].up.data;
}

/* Any lane with a message; -1 if none has. */
INLINED int ready_lane(int senders)
{
    for (int lane = 0; lane < senders; lane++)
        if (atomic_load_explicit(&ram->lanes[lane].up.ready, memory_order_acquire) == taken_up[lane] + 1)
            return lane;
    return -1;
}

INLINED void sleep_until_any(int senders)
{
    struct bell *bell = &ram->bells[MAIN];
    uint32_t seen = atomic_load(&bell->rung);

    atomic_store(&bell->sleeps, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (ready_lane(senders) < 0)
        syscall(SYS_futex, &bell->rung, FUTEX_WAIT, seen, NULL, NULL, 0);
    atomic_store(&bell->sleeps, 0);
}

INLINED void receive(int futex, int senders, struct meter *meter)
{
    int ended = 0;

    /* A round trip's answers are not acknowledged one by one. */
    for (int lane = 0; lane < senders; lane++) {
        atomic_store_explicit(&ram->lanes[lane].taken, taken_up[lane], memory_order_release);
        ring(futex, lane);
    }
    while (ended < senders) {
        int lane = ready_lane(senders);

        if (lane < 0) {
            if (futex)
                sleep_until_any(senders);
            else
                pause_cpu();
            continue;
        }
        do {
            if (number_of(ram->lanes[lane].up.data) == END) {
                ended++;
                note_end(meter);
            } else {
                note_message(meter);
            }
            atomic_store_explicit(&ram->lanes[lane].taken, ++taken_up[lane], memory_order_release);
            ring(futex, lane);
        } while (++lane < senders
            && atomic_load_explicit(&ram->lanes[lane].up.ready, memory_order_acquire) == taken_up[lane] + 1);
    }
}

static int me;

/* Waits until the slot is free, which a round trip's sender knows by the answer. */
INLINED void put_when_free(int futex, const void *payload, int bytes)
{
    await(futex, me, &ram->lanes[me].taken, sent_up);
    fill(&ram->lanes[me].up, ++sent_up, payload, bytes);
    ring(futex, MAIN);
}

#define PEER(how, title, futex)                                                                             \
    static void how##_down(const void *payload, int bytes) { put_down(futex, payload, bytes); }             \
    static void how##_up(const void *payload, int bytes) { put_up(futex, payload, bytes); }                 \
    static const void *how##_from_down(int bytes) { (void)bytes; return get_down(futex); }                  \
    static const void *how##_from_up(int bytes) { (void)bytes; return get_up(futex); }                      \
    static void how##_when_free(const void *payload, int bytes) { put_when_free(futex, payload, bytes); }   \
    static long how##_ping(int bytes, uint64_t nanos, uint32_t *samples, long most)                         \
    {                                                                                                       \
        return ping_loop(how##_down, how##_from_up, bytes, nanos, samples, most);                           \
    }                                                                                                       \
    static void how##_echo(int bytes) { echo_loop(how##_up, how##_from_down, bytes); }                      \
    static void how##_receive(int bytes, int senders, struct meter *meter)                                  \
    {                                                                                                       \
        (void)bytes;                                                                                        \
        receive(futex, senders, meter);                                                                     \
    }                                                                                                       \
    static void how##_send(int index, int bytes, uint64_t nanos)                                            \
    {                                                                                                       \
        me = index;                                                                                         \
        send_loop(how##_when_free, bytes, nanos);                                                           \
    }                                                                                                       \
    const struct peer mailbox_##how = {title, make, how##_ping, how##_echo, how##_receive, how##_send};

PEER(spin, "c-mailbox-spin", 0)
PEER(futex, "c-mailbox-futex", 1)
