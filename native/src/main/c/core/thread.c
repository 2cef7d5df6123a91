/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread.c: where another thread of the process is. It is asked by a signal that nobody else uses here, and that does
 * nothing to a process which does not handle it.
 */
#define _GNU_SOURCE
#include "os.h"
#include "registers.h"
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { ASKS = SIGURG, PATIENCE_MILLIS = 1000 };

static struct {
    uintptr_t *addresses;
    uint32_t most, count;
    uint32_t wanted; /* atomic: number of the question, 0 for none */
    uint32_t answered;
} question;
static uint32_t held; /* one question at a time */

static void answer(int number, siginfo_t *about, void *context)
{
    uintptr_t pc = mkc_pc_of(context), frames[64];
    uint32_t wanted = __atomic_exchange_n(&question.wanted, 0, __ATOMIC_ACQUIRE), n = 0, first = 0;
    Dl_info known;

    (void)number;
    (void)about;
    if (!wanted)
        return; /* too late: nobody waits any more */
    question.addresses[0] = pc;
    question.count = 1;
    /* Of code that the JVM has made the unwinder knows nothing. */
    if (dladdr((void *)pc, &known))
        n = mkc_backtrace(frames, sizeof frames / sizeof *frames);
    while (first < n && frames[first] != pc)
        first++;
    for (uint32_t i = first + 1; i < n && question.count < question.most; i++)
        question.addresses[question.count++] = frames[i];
    __atomic_store_n(&question.answered, wanted, __ATOMIC_RELEASE);
}

static void watch(void)
{
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(ASKS, &action, NULL);
}

void mkc_thread_mine(struct mkc_thread *thread)
{
    thread->id = (uintptr_t)pthread_self();
    __atomic_store_n(&thread->known, true, __ATOMIC_RELEASE);
}

uint32_t mkc_thread_trace(const struct mkc_thread *thread, uintptr_t *addresses, uint32_t most)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static uint32_t questions;
    struct timespec moment = {.tv_nsec = 1000000};
    uint32_t count = 0;

    if (!__atomic_load_n(&thread->known, __ATOMIC_ACQUIRE) || !most
        || __atomic_exchange_n(&held, 1, __ATOMIC_ACQUIRE))
        return 0;
    pthread_once(&once, watch);
    question.addresses = addresses;
    question.most = most;
    uint32_t mine = ++questions ? questions : ++questions;
    __atomic_store_n(&question.wanted, mine, __ATOMIC_RELEASE);
    if (!pthread_kill((pthread_t)thread->id, ASKS)) {
        for (int i = 0; i < PATIENCE_MILLIS && __atomic_load_n(&question.answered, __ATOMIC_ACQUIRE) != mine; i++)
            nanosleep(&moment, NULL);
        /* It may be about to answer: then its answer is waited for, since it goes into the caller's memory. */
        if (!__atomic_exchange_n(&question.wanted, 0, __ATOMIC_ACQ_REL))
            while (__atomic_load_n(&question.answered, __ATOMIC_ACQUIRE) != mine)
                nanosleep(&moment, NULL);
        if (__atomic_load_n(&question.answered, __ATOMIC_ACQUIRE) == mine)
            count = question.count;
    }
    __atomic_store_n(&question.wanted, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&held, 0, __ATOMIC_RELEASE);
    return count;
}
