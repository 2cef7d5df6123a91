/* SPDX-License-Identifier: Apache-2.0 */
/* registers.h: what a handler of signals asks of the place where the signal came. Async-signal-safe. */
#ifndef MKEMU_REGISTERS_H
#define MKEMU_REGISTERS_H

#include <stdint.h>
#include <ucontext.h>

/* The instruction. */
static inline uintptr_t mkc_pc_of(const ucontext_t *context)
{
#if defined __x86_64__
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#else
    return (uintptr_t)context->uc_mcontext.pc;
#endif
}

/* The frame pointer. */
static inline uintptr_t mkc_frame_of(const ucontext_t *context)
{
#if defined __x86_64__
    return (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
#else
    return (uintptr_t)context->uc_mcontext.regs[29];
#endif
}

static inline uintptr_t mkc_stack_of(const ucontext_t *context)
{
#if defined __x86_64__
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#else
    return (uintptr_t)context->uc_mcontext.sp;
#endif
}

#endif
