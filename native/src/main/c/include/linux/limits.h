/* SPDX-License-Identifier: Apache-2.0 */
/* linux/limits.h: limits of the types. */
#ifndef MKEMU_LINUX_LIMITS_H
#define MKEMU_LINUX_LIMITS_H

#include <linux/types.h>

#ifndef SIZE_MAX
#define SIZE_MAX (~(size_t)0)
#endif
#ifndef SSIZE_MAX
#define SSIZE_MAX ((ssize_t)(SIZE_MAX >> 1))
#endif
#ifndef PATH_MAX
#define PATH_MAX 4096
#endif
#ifndef NAME_MAX
#define NAME_MAX 255
#endif

#endif
