/* SPDX-License-Identifier: Apache-2.0 */
/* print.c: printk. */
#include "core.h"
#include <linux/printk.h>
#include <linux/ratelimit_types.h>

enum { DEFAULT_LEVEL = 4 };

void mkc_flush_line(struct mkc_cpu *cpu)
{
    size_t length = cpu->line_length;

    cpu->line_length = 0;
    cpu->core->host.log(cpu->core->host.self, cpu->line_level, cpu->line, length);
}

/* Text of a level; -1: of the line before, if that has not ended. */
static void print(struct mkc_cpu *cpu, int level, const char *text, size_t length)
{
    if (level >= 0 || !cpu->line_length) {
        if (cpu->line_length)
            mkc_flush_line(cpu);
        cpu->line_level = level >= 0 ? level : DEFAULT_LEVEL;
    }
    while (length) {
        size_t n = 0, room = MKC_LINE - cpu->line_length;

        while (n < length && text[n] != '\n')
            n++;
        size_t copied = n < room ? n : room;
        for (size_t i = 0; i < copied; i++)
            cpu->line[cpu->line_length + i] = text[i];
        cpu->line_length += copied;
        if (n == length)
            return;
        mkc_flush_line(cpu);
        text += n + 1;
        length -= n + 1;
    }
}

int mkc_k_mkemu_vprintk(struct module *m, const char *format, va_list args)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    char text[2 * MKC_LINE];
    int level = DEFAULT_LEVEL;

    (void)m;
    int length = mkc_k_vsnprintf(text, sizeof text, format, args);
    const char *at = text;
    if (length >= (int)sizeof text)
        length = sizeof text - 1;
    if (at[0] == '\001' && at[1]) {
        if (at[1] >= '0' && at[1] <= '7')
            level = at[1] - '0';
        else if (at[1] == 'c')
            level = -1;
        at += 2;
    }
    print(cpu, level, at, (size_t)(length - (at - text)));
    return length;
}

void mkc_log(struct mkemu_core *core, int level, const char *format, ...)
{
    char text[MKC_LINE];
    struct mkc_cpu *cpu = mkc_this_cpu();
    va_list args;

    if (core->dead)
        return;
    va_start(args, format);
    int length = mkc_k_vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (cpu && cpu->line_length)
        mkc_flush_line(cpu);
    core->host.log(core->host.self, level, text, (size_t)(length < (int)sizeof text ? length : (int)sizeof text - 1));
}

int mkc_k____ratelimit(struct ratelimit_state *state, const char *function)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    int missed = 0, pass = 1;

    if (!state->interval)
        return 1;
    uint64_t now = mkc_nanos(core);
    mkc_lock_take((struct mkc_lock *)&state->lock);
    if (!state->begin)
        state->begin = now;
    if (now - state->begin >= (uint64_t)state->interval * 1000000) {
        missed = state->missed;
        state->missed = state->printed = 0;
        state->begin = now;
    }
    if (state->burst > state->printed) {
        state->printed++;
    } else {
        state->missed++;
        pass = 0;
    }
    mkc_lock_give((struct mkc_lock *)&state->lock);
    if (missed && !(state->flags & RATELIMIT_MSG_ON_RELEASE))
        mkc_log(core, 4, "%s: %d callbacks suppressed", function, missed);
    return pass;
}
