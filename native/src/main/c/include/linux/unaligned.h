/* SPDX-License-Identifier: Apache-2.0 */
/* linux/unaligned.h: loads and stores at any address. */
#ifndef MKEMU_LINUX_UNALIGNED_H
#define MKEMU_LINUX_UNALIGNED_H

#include <linux/byteorder.h>

#define get_unaligned(at) ({                                        \
    __typeof__(*(at)) unaligned_;                                   \
    __builtin_memcpy(&unaligned_, at, sizeof(unaligned_));          \
    unaligned_;                                                     \
})
#define put_unaligned(value, at)                                    \
    do {                                                            \
        __typeof__(*(at)) unaligned_ = (value);                     \
        __builtin_memcpy(at, &unaligned_, sizeof(unaligned_));      \
    } while (0)

#endif
