/* SPDX-License-Identifier: Apache-2.0 */
/* linux/uaccess.h: there is no user space: what reads a file of debugfs or proc is the kernel. */
#ifndef MKEMU_LINUX_UACCESS_H
#define MKEMU_LINUX_UACCESS_H

#include <linux/types.h>

static inline unsigned long copy_to_user(void __user *to, const void *from, unsigned long size)
{
    __builtin_memcpy(to, from, size);
    return 0;
}

static inline unsigned long copy_from_user(void *to, const void __user *from, unsigned long size)
{
    __builtin_memcpy(to, from, size);
    return 0;
}

#define put_user(value, to) ({ *(to) = (value); 0; })
#define get_user(value, from) ({ (value) = *(from); 0; })

#endif
