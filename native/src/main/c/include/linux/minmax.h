/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/minmax.h: min(), max(), clamp(): each argument is evaluated once. Of two types the result has their common one;
 * signed beside unsigned compiles here, while Linux refuses what could go wrong.
 */
#ifndef MKEMU_LINUX_MINMAX_H
#define MKEMU_LINUX_MINMAX_H

#include <linux/types.h>

#define mkemu_pick_(type, a, b, op, x, y) ({ type x = (type)(a); type y = (type)(b); x op y ? x : y; })
#define mkemu_pick_once_(type, a, b, op, id) mkemu_pick_(type, a, b, op, __PASTE(x_, id), __PASTE(y_, id))

#define min(a, b) mkemu_pick_once_(__typeof__((a) + (b)), a, b, <, __COUNTER__)
#define max(a, b) mkemu_pick_once_(__typeof__((a) + (b)), a, b, >, __COUNTER__)
#define min_t(type, a, b) mkemu_pick_once_(type, a, b, <, __COUNTER__)
#define max_t(type, a, b) mkemu_pick_once_(type, a, b, >, __COUNTER__)
#define umin(a, b) min_t(u64, a, b)
#define umax(a, b) max_t(u64, a, b)
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp(value, low, high) min(max(value, low), high)
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define clamp_val(value, low, high) clamp_t(__typeof__(value), value, low, high)
#define min_not_zero(a, b) ({                             \
    __typeof__((a) + (b)) first_ = (a), second_ = (b);    \
    !first_ ? second_ : !second_ ? first_ : min(first_, second_); \
})
#define swap(a, b) do { __typeof__(a) swap_ = (a); (a) = (b); (b) = swap_; } while (0)
#define in_range(value, start, length) ((u64)(value) - (u64)(start) < (u64)(length))

#endif
