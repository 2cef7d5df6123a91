/* SPDX-License-Identifier: Apache-2.0 */
/* linux/vmalloc.h: as kmalloc, aligned to a page. */
#ifndef MKEMU_LINUX_VMALLOC_H
#define MKEMU_LINUX_VMALLOC_H

#include <linux/slab.h>

#define vmalloc(size) mkemu_alloc(&mkemu_kmod, (size), PAGE_SIZE, GFP_KERNEL)
#define vzalloc(size) mkemu_alloc(&mkemu_kmod, (size), PAGE_SIZE, GFP_KERNEL | __GFP_ZERO)
#define vfree(p) kfree(p)

#endif
