/* SPDX-License-Identifier: Apache-2.0 */
/*
 * overflow.c: a thread of a JVM that has used up its stack has no room for the JVM's handler of signals either, and the
 * process would die without a word. With a stack for signals the JVM says where it was.
 */
#define _GNU_SOURCE
#include "os.h"
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

/* STACK: the JVM writes its report of an error of its own on it. GUARD: what a JVM protects at the end of a stack. */
enum { STACK = 256 << 10, GUARD = 64 << 10, BELOW = 1 << 20 };

static __thread uintptr_t stack_end __attribute__((tls_model("initial-exec"))); /* its lowest address; 0: not known */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

static void let_go(void *stack)
{
    stack_t none = {.ss_flags = SS_DISABLE};

    if (!sigaltstack(&none, NULL))
        munmap(stack, STACK);
}

/* The handlers stay whose they are: they only are to run on that stack, in the threads that have one. */
static void begin(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS};

    has_key = !pthread_key_create(&key, let_go);
    for (size_t i = 0; has_key && i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;

        if (!sigaction(signals[i], NULL, &action) && (action.sa_flags & SA_SIGINFO)) {
            action.sa_flags |= SA_ONSTACK;
            sigaction(signals[i], &action, NULL);
        }
    }
}

void mkc_overflow_watch(void)
{
    pthread_attr_t attributes;
    stack_t stack;
    void *lowest;
    size_t size;

    if (pthread_once(&once, begin) || !has_key || pthread_getspecific(key))
        return;
    /* One that somebody else has given it will do as well. */
    if (sigaltstack(NULL, &stack) || !(stack.ss_flags & SS_DISABLE))
        return;
    stack = (stack_t){.ss_size = STACK, .ss_sp = mkc_map(STACK)};
    if (!stack.ss_sp)
        return;
    if (sigaltstack(&stack, NULL) || pthread_setspecific(key, stack.ss_sp)) {
        let_go(stack.ss_sp);
        return;
    }
    if (!pthread_getattr_np(pthread_self(), &attributes)) {
        if (!pthread_attr_getstack(&attributes, &lowest, &size))
            stack_end = (uintptr_t)lowest;
        pthread_attr_destroy(&attributes);
    }
}

bool mkc_overflow_at(uintptr_t address)
{
    return stack_end && address < stack_end + GUARD && address + BELOW > stack_end;
}
