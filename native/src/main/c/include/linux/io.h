/* SPDX-License-Identifier: Apache-2.0 */
/* linux/io.h: memory by its physical address, of this instance's pool; there are no devices. */
#ifndef MKEMU_LINUX_IO_H
#define MKEMU_LINUX_IO_H

#include <linux/page.h>
#include <mkemu_kmod.h>

enum { MEMREMAP_WB = 1, MEMREMAP_WT = 2, MEMREMAP_WC = 4 };

void *memremap(resource_size_t address, size_t size, unsigned long flags);
void memunmap(void *address);
phys_addr_t mkemu_virt_to_phys(const volatile void *address);
void *mkemu_phys_to_virt(phys_addr_t address);

/* Of pages and what memremap returned; for other memory, such as kmalloc's, a warning and 0. */
static inline phys_addr_t virt_to_phys(const volatile void *address)
{
    return mkemu_virt_to_phys(address);
}

/* NULL, with a warning, for what is not of the own pool. */
static inline void *phys_to_virt(phys_addr_t address)
{
    return mkemu_phys_to_virt(address);
}

#define __pa(address) virt_to_phys((const volatile void *)(address))
#define __va(address) phys_to_virt(address)

#endif
