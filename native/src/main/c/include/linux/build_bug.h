/* SPDX-License-Identifier: Apache-2.0 */
/* linux/build_bug.h: checks at compile time. */
#ifndef MKEMU_LINUX_BUILD_BUG_H
#define MKEMU_LINUX_BUILD_BUG_H

#include <linux/compiler.h>

#define BUILD_BUG_ON_ZERO(condition) ((int)sizeof(struct { int : (-!!(condition)); }))
#define BUILD_BUG() _Static_assert(0, "BUILD_BUG failed")

#endif
