/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.c: code with a stack of its own. A coroutine is entered and left by an exchange of stack pointers on the same
 * thread; a thread is entered by letting it run while the thread of the CPU waits. The callers see no difference.
 */
#define _GNU_SOURCE
#include "os.h"
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __SANITIZE_ADDRESS__
#define ASAN 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifdef ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/asan_interface.h>
enum { STACK = 1 << 20 };
#else
enum { STACK = 256 << 10 };
#endif
enum { GUARD = 64 << 10 };

struct mkc_context {
    void (*entry)(void *argument);
    void *argument;
    bool thread, ended, killed;
    /* coroutine */
    void *own, *other; /* stack pointers: of the context when it does not run, of who entered it when it does */
    char *stack;
    void *fake, *other_fake; /* of the address sanitizer */
    const void *other_bottom;
    size_t other_size;
    /* thread: whose turn it is */
    uint32_t in, out;
    struct mkc_thread on;
    void (*set_up)(void *argument);
    void *set_up_argument;
};

void mkc_switch(void **save, void *to);
void mkc_trampoline(void);

#if defined __x86_64__
__asm__(".text\n.globl mkc_switch\n.hidden mkc_switch\n.type mkc_switch, @function\nmkc_switch:\n"
        "pushq %rbp\npushq %rbx\npushq %r12\npushq %r13\npushq %r14\npushq %r15\n"
        "subq $8, %rsp\nstmxcsr (%rsp)\nfnstcw 4(%rsp)\n"
        "movq %rsp, (%rdi)\nmovq %rsi, %rsp\n"
        "ldmxcsr (%rsp)\nfldcw 4(%rsp)\naddq $8, %rsp\n"
        "popq %r15\npopq %r14\npopq %r13\npopq %r12\npopq %rbx\npopq %rbp\nret\n"
        ".size mkc_switch, . - mkc_switch\n"
        ".globl mkc_trampoline\n.hidden mkc_trampoline\n.type mkc_trampoline, @function\nmkc_trampoline:\n"
        ".cfi_startproc\n.cfi_undefined rip\nmovq %r12, %rdi\ncallq *%r13\nud2\n.cfi_endproc\n"
        ".size mkc_trampoline, . - mkc_trampoline\n");

static void *first(char *top, void (*entry)(void *), void *argument)
{
    uint64_t *sp = (uint64_t *)top - 10;
    uint32_t *control = (uint32_t *)sp;

    __asm__ volatile("stmxcsr %0\nfnstcw %1" : "=m"(control[0]), "=m"(control[1]));
    sp[1] = sp[2] = 0;                 /* r15, r14 */
    sp[3] = (uint64_t)(uintptr_t)entry; /* r13 */
    sp[4] = (uint64_t)(uintptr_t)argument; /* r12 */
    sp[5] = sp[6] = 0;                 /* rbx, rbp */
    sp[7] = (uint64_t)(uintptr_t)mkc_trampoline;
    sp[8] = sp[9] = 0;
    return sp;
}
#elif defined __aarch64__
__asm__(".text\n.globl mkc_switch\n.hidden mkc_switch\n.type mkc_switch, %function\nmkc_switch:\n"
        "sub sp, sp, #160\n"
        "stp x19, x20, [sp, #0]\nstp x21, x22, [sp, #16]\nstp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n"
        "stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\n"
        "stp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\nstp d12, d13, [sp, #128]\nstp d14, d15, [sp, #144]\n"
        "mov x9, sp\nstr x9, [x0]\nmov sp, x1\n"
        "ldp x19, x20, [sp, #0]\nldp x21, x22, [sp, #16]\nldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\n"
        "ldp x27, x28, [sp, #64]\nldp x29, x30, [sp, #80]\n"
        "ldp d8, d9, [sp, #96]\nldp d10, d11, [sp, #112]\nldp d12, d13, [sp, #128]\nldp d14, d15, [sp, #144]\n"
        "add sp, sp, #160\nret\n"
        ".size mkc_switch, . - mkc_switch\n"
        ".globl mkc_trampoline\n.hidden mkc_trampoline\n.type mkc_trampoline, %function\nmkc_trampoline:\n"
        ".cfi_startproc\n.cfi_undefined x30\nmov x0, x19\nblr x20\nbrk #1\n.cfi_endproc\n"
        ".size mkc_trampoline, . - mkc_trampoline\n");

static void *first(char *top, void (*entry)(void *), void *argument)
{
    uint64_t *sp = (uint64_t *)top - 20;

    for (int i = 0; i < 20; i++)
        sp[i] = 0;
    sp[0] = (uint64_t)(uintptr_t)argument; /* x19 */
    sp[1] = (uint64_t)(uintptr_t)entry;    /* x20 */
    sp[11] = (uint64_t)(uintptr_t)mkc_trampoline; /* x30 */
    return sp;
}
#else
#error "contexts exist for x86-64 and aarch64"
#endif

static void begin(void *at)
{
    struct mkc_context *c = at;

#ifdef ASAN
    __sanitizer_finish_switch_fiber(NULL, &c->other_bottom, &c->other_size);
#endif
    c->entry(c->argument);
    abort();
}

static void wait_for(uint32_t *turn)
{
    while (!__atomic_load_n(turn, __ATOMIC_ACQUIRE))
        syscall(SYS_futex, turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    __atomic_store_n(turn, 0, __ATOMIC_RELAXED);
}

static void give(uint32_t *turn)
{
    __atomic_store_n(turn, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

struct mkc_context *mkc_context_new(void (*entry)(void *argument), void *argument,
    int32_t (*start)(void *self, int32_t cpu, void *context), void *self, int32_t cpu)
{
    struct mkc_context *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->entry = entry;
    c->argument = argument;
    c->thread = start != NULL;
    if (c->thread) {
        if (start(self, cpu, c)) {
            free(c);
            return NULL;
        }
        return c;
    }
    c->stack = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->stack == MAP_FAILED || mprotect(c->stack, GUARD, PROT_NONE)) {
        if (c->stack != MAP_FAILED)
            munmap(c->stack, GUARD + STACK);
        free(c);
        return NULL;
    }
    c->own = first(c->stack + GUARD + STACK, begin, c);
    return c;
}

void mkc_context_enter(struct mkc_context *c)
{
    if (c->thread) {
        give(&c->in);
        wait_for(&c->out);
        return;
    }
#ifdef ASAN
    __sanitizer_start_switch_fiber(&c->other_fake, c->stack + GUARD, STACK);
#endif
    mkc_switch(&c->other, c->own);
#ifdef ASAN
    __sanitizer_finish_switch_fiber(c->other_fake, NULL, NULL);
#endif
}

void mkc_context_leave(struct mkc_context *c)
{
    if (c->thread) {
        give(&c->out);
        wait_for(&c->in);
        if (c->killed)
            mkc_throw();
        return;
    }
#ifdef ASAN
    __sanitizer_start_switch_fiber(c->ended ? NULL : &c->fake, c->other_bottom, c->other_size);
#endif
    mkc_switch(&c->own, c->other);
#ifdef ASAN
    __sanitizer_finish_switch_fiber(c->fake, &c->other_bottom, &c->other_size);
#endif
}

void mkc_context_end(struct mkc_context *c)
{
    c->ended = true;
    if (c->thread)
        mkc_throw();
    mkc_context_leave(c);
}

void mkc_context_free(struct mkc_context *c)
{
    if (c->thread && !c->ended) {
        c->killed = true;
        mkc_context_enter(c);
    }
    if (c->stack) {
#ifdef ASAN
        __asan_unpoison_memory_region(c->stack + GUARD, STACK);
#endif
        munmap(c->stack, GUARD + STACK);
    }
    free(c);
}

static void run_thread(void *argument)
{
    struct mkc_context *c = argument;

    c->set_up(c->set_up_argument);
    c->entry(c->argument);
}

void mkc_context_thread(struct mkc_context *c, void (*set_up)(void *argument), void *argument,
    void (*failed)(void *argument, const struct mkc_fault *fault))
{
    mkc_thread_mine(&c->on);
    wait_for(&c->in);
    c->set_up = set_up;
    c->set_up_argument = argument;
    if (!c->killed)
        mkc_catch(run_thread, c, failed);
    /* However it was left. */
    c->ended = true;
    /* Who entered it frees it from here on. */
    give(&c->out);
}

struct mkc_thread *mkc_context_is_on(struct mkc_context *c)
{
    return c->thread ? &c->on : NULL;
}

void *mkc_context_argument(struct mkc_context *c)
{
    return c->argument;
}

bool mkc_context_guards(const struct mkc_context *c, uintptr_t address)
{
    return c->stack && address >= (uintptr_t)c->stack && address - (uintptr_t)c->stack < GUARD;
}
