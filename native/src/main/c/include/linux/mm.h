/* SPDX-License-Identifier: Apache-2.0 */
/* linux/mm.h: pages and their numbers. */
#ifndef MKEMU_LINUX_MM_H
#define MKEMU_LINUX_MM_H

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/slab.h>

struct page *pfn_to_page(unsigned long pfn);

#define virt_to_pfn(address) PHYS_PFN(virt_to_phys((const volatile void *)(address)))
#define pfn_to_virt(pfn) phys_to_virt(PFN_PHYS(pfn))
#define page_to_virt(page) page_address(page)
#define page_to_pfn(page) virt_to_pfn(page_address(page))
#define page_to_phys(page) virt_to_phys(page_address(page))

static inline int get_order(unsigned long size)
{
    int order = 0;

    while ((PAGE_SIZE << order) < size)
        order++;
    return order;
}

#endif
