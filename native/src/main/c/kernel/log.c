/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel.h"

enum { LIMIT_LINES = 10, LINE = MKEMU_KERNEL_LOG_MAX_TEXT + 1 };

static const uint64_t LIMIT_NANOS = 5000000000u;

void klog_raw(int level, const char *line, size_t length)
{
    char text[LINE];
    length = length < LINE ? length : LINE - 1;
    memcpy(text, line, length);
    text[length] = 0;
    mkemu_printk(&kernel.peer, level, text);
}

void klog(int level, const char *format, ...)
{
    char text[LINE];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    klog_raw(level, text, length < 0 ? 0 : (size_t)length);
}

static struct rate_limit *limits; /* all that have ever suppressed a line */

static void tell(struct rate_limit *limit)
{
    uint64_t held = __atomic_exchange_n(&limit->suppressed, 0, __ATOMIC_SEQ_CST);
    if (held)
        klog(LOG_WARNING, "%s: %llu callbacks suppressed", limit->source, (unsigned long long)held);
}

static void remember(struct rate_limit *limit)
{
    if (__atomic_exchange_n(&limit->is_known, 1, __ATOMIC_SEQ_CST))
        return;
    limit->next = __atomic_load_n(&limits, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(&limits, &limit->next, limit, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE))
        ;
}

void klog_tell_suppressed(bool all)
{
    uint64_t now = mkemu_nanos();
    for (struct rate_limit *at = __atomic_load_n(&limits, __ATOMIC_ACQUIRE); at; at = at->next)
        if (all || now - __atomic_load_n(&at->since, __ATOMIC_ACQUIRE) > LIMIT_NANOS)
            tell(at);
}

bool klog_passes(struct rate_limit *limit)
{
    uint64_t now = mkemu_nanos(), since = __atomic_load_n(&limit->since, __ATOMIC_ACQUIRE);
    if (since == 0 || now - since > LIMIT_NANOS) {
        if (__atomic_compare_exchange_n(&limit->since, &since, now, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            __atomic_store_n(&limit->passed, 0, __ATOMIC_SEQ_CST);
            tell(limit);
        }
    }
    if (__atomic_fetch_add(&limit->passed, 1, __ATOMIC_SEQ_CST) < LIMIT_LINES)
        return true;
    __atomic_fetch_add(&limit->suppressed, 1, __ATOMIC_SEQ_CST);
    remember(limit);
    return false;
}
