/* SPDX-License-Identifier: Apache-2.0 */
/* linux/kstrtox.h: numbers from texts: the whole text, and one line feed behind it. */
#ifndef MKEMU_LINUX_KSTRTOX_H
#define MKEMU_LINUX_KSTRTOX_H

#include <linux/errno.h>
#include <mkemu_kmod.h>

int __must_check kstrtoull(const char *text, unsigned int base, unsigned long long *result);
int __must_check kstrtoll(const char *text, unsigned int base, long long *result);
int __must_check kstrtobool(const char *text, bool *result);
unsigned long long simple_strtoull(const char *text, char **end, unsigned int base);
unsigned long long memparse(const char *text, char **end);

#define MKEMU_KSTRTO_(name, type, wide, of)                                                             \
    static inline int __must_check name(const char *text, unsigned int base, type *result)              \
    {                                                                                                   \
        wide value;                                                                                     \
        int error = of(text, base, &value);                                                             \
                                                                                                        \
        if (!error && (wide)(type)value != value)                                                       \
            error = -ERANGE;                                                                            \
        if (!error)                                                                                     \
            *result = (type)value;                                                                      \
        return error;                                                                                   \
    }

MKEMU_KSTRTO_(kstrtoul, unsigned long, unsigned long long, kstrtoull)
MKEMU_KSTRTO_(kstrtouint, unsigned int, unsigned long long, kstrtoull)
MKEMU_KSTRTO_(kstrtou64, u64, unsigned long long, kstrtoull)
MKEMU_KSTRTO_(kstrtou32, u32, unsigned long long, kstrtoull)
MKEMU_KSTRTO_(kstrtou16, u16, unsigned long long, kstrtoull)
MKEMU_KSTRTO_(kstrtou8, u8, unsigned long long, kstrtoull)
MKEMU_KSTRTO_(kstrtol, long, long long, kstrtoll)
MKEMU_KSTRTO_(kstrtoint, int, long long, kstrtoll)
MKEMU_KSTRTO_(kstrtos64, s64, long long, kstrtoll)
MKEMU_KSTRTO_(kstrtos32, s32, long long, kstrtoll)
MKEMU_KSTRTO_(kstrtos16, s16, long long, kstrtoll)
MKEMU_KSTRTO_(kstrtos8, s8, long long, kstrtoll)

static inline unsigned long simple_strtoul(const char *text, char **end, unsigned int base)
{
    return (unsigned long)simple_strtoull(text, end, base);
}

static inline long simple_strtol(const char *text, char **end, unsigned int base)
{
    return *text == '-' ? -(long)simple_strtoull(text + 1, end, base) : (long)simple_strtoull(text, end, base);
}

static inline long long simple_strtoll(const char *text, char **end, unsigned int base)
{
    return simple_strtol(text, end, base);
}

#endif
