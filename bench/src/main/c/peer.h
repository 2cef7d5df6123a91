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

/*
 * Counts messages in a window of time: some time after the first, so that all senders are at work, and over before they
 * stop. It reads the clock every 20 to 100 us, however fast messages come.
 */
struct meter {
    uint64_t ramp, window; /* ns */
    uint64_t seen, step, next_look, looked, looked_at, first_at, begun, begun_at;
    int done;
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

static inline void meter_look(struct meter *m, uint64_t now)
{
    uint64_t since = now - m->looked_at;

    if (m->seen == 1) {
        m->first_at = m->begun_at = now;
        m->begun = m->step = 1;
    } else if (since < 20000) {
        m->step *= 2;
    } else if (since > 100000 && m->step > 1) {
        m->step /= 2;
    }
    if (m->begun_at == m->first_at && now - m->first_at >= m->ramp) {
        m->begun = m->seen;
        m->begun_at = now;
    }
    m->looked = m->seen;
    m->looked_at = now;
    m->next_look = m->seen + m->step;
    m->done = m->begun_at != m->first_at && now - m->begun_at >= m->window;
}

/* A sender has stopped: what comes from here on does not count. */
static inline void note_end(struct meter *m)
{
    if (!m->done && m->seen > m->looked)
        meter_look(m, now_nanos());
    m->done = 1;
}

static inline void note_message(struct meter *m)
{
    m->seen++;
    if (m->seen >= m->next_look && !m->done)
        meter_look(m, now_nanos());
}

#endif
