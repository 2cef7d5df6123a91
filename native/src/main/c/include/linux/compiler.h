/* SPDX-License-Identifier: Apache-2.0 */
/* linux/compiler.h: attributes, and single loads and stores. */
#ifndef MKEMU_LINUX_COMPILER_H
#define MKEMU_LINUX_COMPILER_H

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ __volatile__("" ::: "memory")
#define unreachable() __builtin_unreachable()

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) do { *(volatile __typeof__(x) *)&(x) = (value); } while (0)
#define data_race(x) (x)

/* What says nothing to a program in user space is empty: sections, address spaces, sparse. */
#define __init
#define __exit
#define __initdata
#define __exitdata
#define __initconst
#define __ref
#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __acquire(x) ((void)0)
#define __release(x) ((void)0)
#define __read_mostly
#define __ro_after_init
#define notrace
#define asmlinkage

#define __always_unused __attribute__((unused))
#define __maybe_unused __attribute__((unused))
#define __used __attribute__((used))
#define __packed __attribute__((packed))
#define __aligned(x) __attribute__((aligned(x)))
#define __printf(text, first) __attribute__((format(printf, text, first)))
#define __scanf(text, first) __attribute__((format(scanf, text, first)))
#define __must_check __attribute__((warn_unused_result))
#define __noreturn __attribute__((noreturn))
#define __cold __attribute__((cold))
#define __pure __attribute__((pure))
#define __section(name) __attribute__((section(name)))
#define __weak __attribute__((weak))
#define noinline __attribute__((noinline))
#define __cacheline_aligned __attribute__((aligned(64)))
#define ____cacheline_aligned __attribute__((aligned(64)))
#define ____cacheline_aligned_in_smp __attribute__((aligned(64)))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#if defined __has_attribute && __has_attribute(fallthrough)
#define fallthrough __attribute__((fallthrough))
#else
#define fallthrough do { } while (0)
#endif

#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define __PASTE_1(a, b) a##b
#define __PASTE(a, b) __PASTE_1(a, b)
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(__unique_id_, prefix), __COUNTER__)
#define __same_type(a, b) __builtin_types_compatible_p(__typeof__(a), __typeof__(b))

#define BUILD_BUG_ON_MSG(condition, message) _Static_assert(!(condition), message)
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), "BUILD_BUG_ON failed: " #condition)
#ifndef static_assert
#define static_assert(expression, ...) _Static_assert(expression, "" #expression)
#endif

#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "+r"(var))

#endif
