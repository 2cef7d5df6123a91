/* SPDX-License-Identifier: Apache-2.0 */
/* linux/bug.h: BUG() ends the kernel, WARN() logs a trace and goes on. */
#ifndef MKEMU_LINUX_BUG_H
#define MKEMU_LINUX_BUG_H

#include <linux/compiler.h>
#include <mkemu_kmod.h>

__printf(4, 5) void mkemu_warn(const char *file, int line, const char *function, const char *format, ...);
__noreturn void mkemu_bug_at(const char *file, int line, const char *function);

#define BUG() mkemu_bug_at(__FILE__, __LINE__, __func__)
#define BUG_ON(condition) do { if (unlikely(condition)) BUG(); } while (0)

#define WARN(condition, ...) ({                                  \
    int warn_on_ = !!(condition);                                \
    if (unlikely(warn_on_))                                      \
        mkemu_warn(__FILE__, __LINE__, __func__, __VA_ARGS__);   \
    unlikely(warn_on_);                                          \
})
#define WARN_ON(condition) ({                                    \
    int warn_on_ = !!(condition);                                \
    if (unlikely(warn_on_))                                      \
        mkemu_warn(__FILE__, __LINE__, __func__, NULL);          \
    unlikely(warn_on_);                                          \
})
#define WARN_ONCE(condition, ...) ({                             \
    static bool warned_;                                         \
    int warn_once_ = !!(condition);                              \
    if (unlikely(warn_once_ && !warned_)) {                      \
        warned_ = true;                                          \
        mkemu_warn(__FILE__, __LINE__, __func__, __VA_ARGS__);   \
    }                                                            \
    unlikely(warn_once_);                                        \
})
#define WARN_ON_ONCE(condition) ({                               \
    static bool warned_;                                         \
    int warn_once_ = !!(condition);                              \
    if (unlikely(warn_once_ && !warned_)) {                      \
        warned_ = true;                                          \
        mkemu_warn(__FILE__, __LINE__, __func__, NULL);          \
    }                                                            \
    unlikely(warn_once_);                                        \
})

#endif
