/* SPDX-License-Identifier: Apache-2.0 */
/* linux/array_size.h: how many elements an array has. */
#ifndef MKEMU_LINUX_ARRAY_SIZE_H
#define MKEMU_LINUX_ARRAY_SIZE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* A pointer is refused. */
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]) \
    + (size_t)BUILD_BUG_ON_ZERO(__builtin_types_compatible_p(__typeof__(array), __typeof__(&(array)[0]))))

#endif
