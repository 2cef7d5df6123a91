/* SPDX-License-Identifier: Apache-2.0
 *
 * The limit: one word in one cache line, there and back. The main process stores odd values, its child even ones.
 */
#include <stdatomic.h>

#include "peer.h"

static struct {
    _Alignas(2 * LINE) _Atomic uint64_t word;
} *line;

static void make(void)
{
    line = shared_memory(sizeof *line);
}

static long ping(int bytes, uint64_t nanos, uint32_t *samples, long most)
{
    uint64_t value = 1, last = 0, now, deadline = 0;
    long count = 0;

    (void)bytes;
    for (;; value += 2) {
        atomic_store_explicit(&line->word, value, memory_order_release);
        now = now_nanos();
        if (value == 1)
            deadline = now + nanos;
        else if (value > 3)
            samples[count++] = now - last > UINT32_MAX ? UINT32_MAX : (uint32_t)(now - last);
        last = now;
        while (atomic_load_explicit(&line->word, memory_order_acquire) != value + 1)
            pause_cpu();
        /* One trip at least, however busy the machine is. */
        if (count == most || (count && now >= deadline))
            break;
    }
    atomic_store_explicit(&line->word, END, memory_order_release);
    return count;
}

static void echo(int bytes)
{
    uint64_t seen;

    (void)bytes;
    for (;;) {
        while (!((seen = atomic_load_explicit(&line->word, memory_order_acquire)) & 1))
            pause_cpu();
        if (seen == END)
            break;
        atomic_store_explicit(&line->word, seen + 1, memory_order_release);
    }
    atomic_store_explicit(&line->word, 0, memory_order_release);
}

const struct peer cacheline = {"cacheline-c", make, ping, echo, NULL, NULL};
