/* SPDX-License-Identifier: Apache-2.0
 *
 * What the C peers of the benchmark have in common: a receiver (the main process) and up to four senders (its
 * children), each pinned to a CPU. A peer sends messages of 8 to 256 bytes; their first 8 bytes are a number.
 */
#ifndef PEER_H
#define PEER_H

#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { SENDERS = 4, MOST_BYTES = 256, LINE = 64 };

/* The number of a message after which none follows. */
#define END UINT64_MAX

/* More processes than CPUs: who waits lets others run. */
extern int shared_cpus;

/* Measures a rate: once some time has passed since the first message, it counts for a while. */
struct meter {
    uint64_t ramp, window; /* ns */
    uint64_t seen, first, begun, begun_at, counted, took;
};

/* A way to send; all functions but make are called in a process of its own after the fork. */
struct peer {
    const char *name;
    void (*make)(void);
    /* Round trips with child 0 for some time; samples in ns. Returns how many, or -1 after a wrong answer. */
    long (*ping)(int bytes, uint64_t nanos, uint32_t *samples, long most);
    void (*echo)(int bytes);
    /* Takes what all senders send, until each has sent END. */
    void (*receive)(int bytes, int senders, struct meter *meter);
    void (*send)(int index, int bytes, uint64_t nanos);
};

extern const struct peer cacheline, mailbox_spin, mailbox_futex, stream_pipe, stream_unix;

/* Ends the process with a line on stderr. */
void die(const char *what);

/* A shared mapping, zeroed. */
void *shared_memory(unsigned long bytes);

static inline uint64_t now_nanos(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void pause_cpu(void)
{
    if (shared_cpus) {
        sched_yield();
        return;
    }
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#endif
}

static inline uint64_t number_of(const void *payload)
{
    uint64_t number;

    memcpy(&number, payload, sizeof number);
    return number;
}

static inline void note_message(struct meter *m)
{
    uint64_t now;

    m->seen++;
    if (m->took || (m->seen != 1 && m->seen % 64))
        return;
    now = now_nanos();
    if (!m->first) {
        m->first = now;
    } else if (!m->begun_at) {
        if (now - m->first >= m->ramp) {
            m->begun = m->seen;
            m->begun_at = now;
        }
    } else if (now - m->begun_at >= m->window) {
        m->counted = m->seen - m->begun;
        m->took = now - m->begun_at;
    }
}

#endif
