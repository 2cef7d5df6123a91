/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c: pages of the pool of this instance, by address and by number. */
#include "core.h"
#include <linux/gfp.h>
#include <linux/io.h>

/* What a module has of the pool. */
struct page {
    struct list_head list; /* of the core, under its lock */
    struct module *owner;
    uint64_t address;
    size_t size;
    char *map;
    unsigned int order;
    bool raw; /* of multikernel_instance_alloc, which frees it by its address */
};

static struct page *find(struct mkemu_core *core, const volatile void *map, uint64_t address)
{
    struct page *page, *found = NULL;

    mkc_lock_take(&core->lock);
    list_for_each_entry(page, &core->pages, list) {
        const char *at = (const char *)(uintptr_t)map;
        if (map ? page->map && at >= page->map && at < page->map + page->size
            : address >= page->address && address - page->address < page->size) {
            found = page;
            break;
        }
    }
    mkc_lock_give(&core->lock);
    return found;
}

static struct page *allocate(struct module *m, size_t size, size_t align, bool raw)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct page *page = mkc_alloc(sizeof *page);

    if (!page)
        return NULL;
    page->owner = m;
    page->size = size;
    page->raw = raw;
    page->address = core->host.pool_alloc(core->host.self, size, align);
    if (!page->address) {
        mkc_free(page);
        return NULL;
    }
    page->map = core->host.pool_map(core->host.self, page->address, size);
    mkc_lock_take(&core->lock);
    list_add_tail(&page->list, &core->pages);
    mkc_lock_give(&core->lock);
    return page;
}

static int release(struct mkemu_core *core, struct page *page)
{
    int result = core->dead ? 0 : core->host.pool_free(core->host.self, page->address, page->size);

    if (result == -EBUSY)
        mkc_log(core, 4, "a page that another kernel has mapped is not freed: pfn 0x%llx",
            (unsigned long long)page->address >> PAGE_SHIFT);
    mkc_lock_take(&core->lock);
    list_del(&page->list);
    mkc_lock_give(&core->lock);
    mkc_free(page);
    return result;
}

struct page *mkc_k_mkemu_alloc_pages(struct module *m, gfp_t gfp, unsigned int order)
{
    if (order > 18)
        return NULL;
    struct page *page = allocate(m, PAGE_SIZE << order, PAGE_SIZE << order, false);
    if (!page)
        return NULL;
    if (!page->map) {
        release(mkc_this_cpu()->core, page);
        return NULL;
    }
    page->order = order;
    if (gfp & __GFP_ZERO)
        __builtin_memset(page->map, 0, page->size);
    return page;
}

static void complain(struct mkemu_core *core, const char *what, unsigned long long value)
{
    mkc_log(core, 4, "WARNING: %s: 0x%llx", what, value);
    mkc_trace(core);
}

void mkc_k___free_pages(struct page *page, unsigned int order)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (!page)
        return;
    if (page->order != order)
        complain(core, "__free_pages with another order than it was allocated with", order);
    release(core, page);
}

void *mkc_k_page_address(const struct page *page)
{
    return page->map;
}

struct page *mkc_k_virt_to_page(const void *address)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct page *page = find(core, address, 0);

    if (!page)
        complain(core, "virt_to_page of what is no page of this module's (kmalloc has none: use __get_free_page)",
            (uintptr_t)address);
    return page;
}

struct page *mkc_k_pfn_to_page(unsigned long pfn)
{
    return find(mkc_this_cpu()->core, NULL, PFN_PHYS(pfn));
}

phys_addr_t mkc_k_mkemu_virt_to_phys(const volatile void *address)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct page *page = find(core, address, 0);

    if (page)
        return page->address + (phys_addr_t)((const volatile char *)address - page->map);
    complain(core, "virt_to_phys of what has no physical address (kmalloc's has none: use __get_free_page)",
        (uintptr_t)address);
    return 0;
}

void *mkc_k_mkemu_phys_to_virt(phys_addr_t address)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct page *page = find(core, NULL, address);

    if (page && page->map)
        return page->map + (address - page->address);
    void *map = core->host.pool_map(core->host.self, address, 1);
    if (!map)
        complain(core, "phys_to_virt of what is not this instance's", address);
    return map;
}

void *mkc_k_memremap(resource_size_t address, size_t size, unsigned long flags)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (!(flags & (MEMREMAP_WB | MEMREMAP_WT | MEMREMAP_WC)) || !size || !address)
        return NULL;
    void *map = core->host.pool_map(core->host.self, address, size);
    if (!map)
        mkc_log(core, 4, "memremap: 0x%llx, %zu bytes: not of this instance's pool", (unsigned long long)address, size);
    return map;
}

/* A window on another kernel's page ends; memory of the own pool stays mapped as long as the kernel lives. */
void mkc_k_memunmap(void *address)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (address)
        core->host.unmap_page(core->host.self, address);
}

phys_addr_t mkc_k_mkemu_kmod_pool_alloc(struct module *m, size_t size, size_t align)
{
    bool refused = !size || (align & (align - 1));
    struct page *page = refused ? NULL : allocate(m, size, align < PAGE_SIZE ? PAGE_SIZE : align, true);

    return page ? page->address : 0;
}

int mkc_k_mkemu_kmod_pool_free(phys_addr_t address, size_t size)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct page *page = find(core, NULL, address);

    if (!page || page->address != address || page->size != size) {
        complain(core, "multikernel_instance_free of what is not so allocated", address);
        return -ENOENT;
    }
    return release(core, page);
}

void mkc_pages_drop(struct mkemu_core *core, struct module *owner)
{
    struct page *page, *next;
    unsigned long pages = 0, bytes = 0;

    list_for_each_entry_safe(page, next, &core->pages, list) {
        if (page->owner != owner)
            continue;
        pages++;
        bytes += page->size;
        release(core, page);
    }
    if (pages)
        mkc_log(core, 4, "%s: left %lu allocations of pages, %lu bytes: they are freed", mkc_of(owner)->name, pages,
            bytes);
}
