/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/gfp.h: flags of allocations: but for __GFP_ZERO they are accepted and ignored. Pages come from the
 * pool of the instance, so that they can be shared.
 */
#ifndef MKEMU_LINUX_GFP_H
#define MKEMU_LINUX_GFP_H

#include <linux/page.h>
#include <mkemu_kmod.h>

#define __GFP_ZERO 0x100u
#define __GFP_NOWARN 0x200u
#define __GFP_NOFAIL 0x400u
#define __GFP_NORETRY 0x800u
#define __GFP_COMP 0x1000u
#define __GFP_HIGHMEM 0x2000u
#define __GFP_RETRY_MAYFAIL 0x4000u
#define __GFP_ACCOUNT 0x8000u
#define GFP_KERNEL 0x1u
#define GFP_ATOMIC 0x2u
#define GFP_NOWAIT 0x4u
#define GFP_NOIO 0x8u
#define GFP_NOFS 0x10u
#define GFP_USER 0x20u
#define GFP_HIGHUSER 0x20u
#define GFP_DMA 0x40u
#define GFP_DMA32 0x80u
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)

struct page *mkemu_alloc_pages(struct module *m, gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);
void *page_address(const struct page *page);
struct page *virt_to_page(const void *address);

#define alloc_pages(gfp, order) mkemu_alloc_pages(&mkemu_kmod, (gfp), (order))
#define alloc_pages_node(node, gfp, order) alloc_pages(gfp, order)
#define alloc_page(gfp) alloc_pages(gfp, 0)
#define __free_page(page) __free_pages((page), 0)

static inline unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
    struct page *page = alloc_pages(gfp, order);

    return page ? (unsigned long)page_address(page) : 0;
}

#define __get_free_page(gfp) __get_free_pages((gfp), 0)
#define get_zeroed_page(gfp) __get_free_pages((gfp) | __GFP_ZERO, 0)

static inline void free_pages(unsigned long address, unsigned int order)
{
    if (address)
        __free_pages(virt_to_page((void *)address), order);
}

#define free_page(address) free_pages((unsigned long)(address), 0)

#endif
