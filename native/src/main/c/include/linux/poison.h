/* SPDX-License-Identifier: Apache-2.0 */
/* linux/poison.h: what a removed list entry holds. */
#ifndef MKEMU_LINUX_POISON_H
#define MKEMU_LINUX_POISON_H

#include <linux/types.h>

#define LIST_POISON1 ((void *)0x100)
#define LIST_POISON2 ((void *)0x122)

#endif
