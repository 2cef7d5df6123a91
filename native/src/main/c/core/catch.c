/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catch.c: the way back out of a module that cannot go on, where its kernel is not alone in the process. Between where
 * it is caught and where it is thrown there are functions in C only: each call that comes from Java is caught anew.
 */
#define _GNU_SOURCE
#include "os.h"
#include "registers.h"
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

enum { THROWN = 1, FAULT };

struct catch {
    struct catch *outer;
    jmp_buf base;
    struct mkc_fault fault;
};

/* initial-exec: a signal handler reads it, and must not allocate. */
static __thread struct catch *innermost __attribute__((tls_model("initial-exec")));

static struct sigaction former[NSIG];
static bool (*is_module)(uintptr_t address);

bool mkc_catch(void (*function)(void *argument), void *argument,
    void (*failed)(void *argument, const struct mkc_fault *fault))
{
    struct catch at;

    at.outer = innermost;
    int how = _setjmp(at.base);
    if (!how) {
        innermost = &at;
        function(argument);
    }
    innermost = at.outer;
    if (how == FAULT)
        failed(argument, &at.fault);
    return !how;
}

void mkc_throw(void)
{
    if (innermost)
        _longjmp(innermost->base, THROWN);
}

/* Who called, if what was called is no code. */
static uintptr_t caller_of(const ucontext_t *context)
{
#if defined __x86_64__
    return *(const uintptr_t *)mkc_stack_of(context);
#else
    return (uintptr_t)context->uc_mcontext.regs[30];
#endif
}

static void *object_of(uintptr_t address)
{
    Dl_info about;

    return dladdr((void *)address, &about) ? about.dli_fbase : NULL;
}

static bool is_ours(uintptr_t address)
{
    return is_module(address) || object_of(address) == object_of((uintptr_t)mkc_catch);
}

/*
 * Whether a module, or the core for it, made the error: also where it called the C library with a wrong address. What
 * Java does in a call from C is the JVM's own affair.
 */
static bool belongs_here(const ucontext_t *context, struct mkc_fault *fault)
{
    void *object = object_of(fault->pc);
    uint32_t i = 0;

    /* No library's code: Java's, which uses these signals all the time, or none that a module has called. */
    if (!object && !is_module(caller_of(context) - 1))
        return false;
    fault->count = mkc_backtrace(fault->trace, MKC_FAULT_FRAMES);
    while (i < fault->count && fault->trace[i] != fault->pc)
        i++;
    /* Of this handler they are of no use. */
    for (uint32_t to = 0; i < fault->count; to++, i++)
        fault->trace[to] = fault->trace[i], fault->trace[i] = 0;
    if (is_ours(fault->pc))
        return true;
    if (!object) {
        fault->trace[0] = caller_of(context) - 1; /* the call, which returns behind it */
        fault->trace[1] = 0;
        return true;
    }
    for (i = 1; i < MKC_FAULT_FRAMES && fault->trace[i]; i++)
        if (object_of(fault->trace[i] - 1) != object)
            return is_ours(fault->trace[i] - 1);
    return false;
}

static void on_signal(int number, siginfo_t *about, void *context)
{
    struct catch *at = innermost;
    const ucontext_t *where = context;

    if (at) {
        at->fault = (struct mkc_fault){.signal = number, .pc = mkc_pc_of(where), .address = (uintptr_t)about->si_addr,
            .overflow = number == SIGSEGV && mkc_overflow_at((uintptr_t)about->si_addr)};
        if (belongs_here(where, &at->fault)) {
            pthread_sigmask(SIG_SETMASK, &where->uc_sigmask, NULL);
            _longjmp(at->base, FAULT);
        }
    }
    const struct sigaction *old = &former[number];
    if (old->sa_flags & SA_SIGINFO)
        old->sa_sigaction(number, about, context);
    else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN)
        old->sa_handler(number);
    else
        sigaction(number, old, NULL); /* the instruction is tried again, and ends the process */
}

void mkc_catch_faults(bool (*is_modules)(uintptr_t address))
{
    static const int errors[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

    if (is_module)
        return;
    is_module = is_modules;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct sigaction action;
        sigaction(errors[i], NULL, &former[errors[i]]);
        action = former[errors[i]];
        action.sa_flags = (action.sa_flags | SA_SIGINFO | SA_ONSTACK) & ~(int)SA_RESETHAND;
        action.sa_sigaction = on_signal;
        sigaction(errors[i], &action, NULL);
    }
}
