/* SPDX-License-Identifier: Apache-2.0 */
/* linux/math.h: divisions and roundings. */
#ifndef MKEMU_LINUX_MATH_H
#define MKEMU_LINUX_MATH_H

#include <linux/minmax.h>

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d) (((unsigned long long)(n) + (d) - 1) / (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define DIV_ROUND_CLOSEST(n, d) ({                                                            \
    __typeof__(n) n_ = (n);                                                                   \
    __typeof__(d) d_ = (d);                                                                   \
    ((__typeof__(n))-1 > 0 || (__typeof__(d))-1 > 0 || (n_ > 0) == (d_ > 0))                  \
        ? (n_ + d_ / 2) / d_ : (n_ - d_ / 2) / d_;                                            \
})
#define round_up(x, y) ((((x) - 1) | ((__typeof__(x))((y) - 1))) + 1) /* y: a power of two */
#define round_down(x, y) ((x) & ~((__typeof__(x))((y) - 1)))
#define roundup(x, y) ({ __typeof__(y) y_ = (y); (((x) + (y_ - 1)) / y_) * y_; })
#define rounddown(x, y) ({ __typeof__(x) x_ = (x); x_ - x_ % (y); })
#define abs(x) ({ __typeof__(x) abs_ = (x); abs_ < 0 ? -abs_ : abs_; })
#define abs_diff(a, b) ({ __typeof__(a) p_ = (a); __typeof__(b) q_ = (b); p_ > q_ ? p_ - q_ : q_ - p_; })

static inline unsigned long int_sqrt(unsigned long x)
{
    unsigned long root = 0;

    for (unsigned long bit = 1UL << 62; bit; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return root;
}

#endif
