/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c: kmalloc and its like. Each block knows its module, so that what a module leaves can be told. */
#include "core.h"
#include <linux/page.h>
#include <linux/slab.h>

enum { MAGIC = 0x6d656d6b, SMALLEST = 16 };

struct block {
    struct list_head list;
    struct mkemu_core_module *module;
    void *base;
    size_t size;
    struct kmem_cache *cache;
    uint32_t magic, reserved[3];
};

struct kmem_cache {
    struct list_head list;
    struct mkemu_core_module *module;
    char name[64];
    size_t size, align;
    void (*constructor)(void *object);
    int64_t objects;
};

static void *allocate(struct mkemu_core_module *m, size_t size, size_t align, gfp_t gfp, struct kmem_cache *cache)
{
    if (size > KMALLOC_MAX_SIZE)
        return NULL;
    if (!align)
        align = size && !(size & (size - 1)) ? size : SMALLEST;
    align = align < SMALLEST ? SMALLEST : align > PAGE_SIZE ? PAGE_SIZE : align;
    size_t before = (sizeof(struct block) + align - 1) / align * align;
    char *base = mkc_alloc_aligned(before + size, align);
    if (!base)
        return NULL;
    char *p = base + before;
    struct block *b = (struct block *)p - 1;
    *b = (struct block){.module = m, .base = base, .size = size, .cache = cache, .magic = MAGIC};
    /* What nobody has written is no zero, so that it is found. */
    __builtin_memset(p, gfp & __GFP_ZERO ? 0 : 0x5a, size);
    mkc_lock_take(&m->lock);
    list_add_tail(&b->list, &m->memory);
    mkc_lock_give(&m->lock);
    return p;
}

static struct block *block_of(const void *p, const char *who)
{
    struct block *b = (struct block *)(uintptr_t)p - 1;
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (((uintptr_t)p & (SMALLEST - 1)) == 0 && (uintptr_t)p > PAGE_SIZE && b->magic == MAGIC)
        return b;
    mkc_log(core, 3, "BUG: %s of what is not allocated, or freed already: %px", who, p);
    mkc_trace(core);
    return NULL;
}

static void release(struct block *b)
{
    mkc_lock_take(&b->module->lock);
    list_del(&b->list);
    mkc_lock_give(&b->module->lock);
    b->magic = 0;
    mkc_free(b->base);
}

void *mkc_k_mkemu_alloc(struct module *m, size_t size, size_t align, gfp_t gfp)
{
    return size ? allocate(mkc_of(m), size, align, gfp, NULL) : ZERO_SIZE_PTR;
}

void mkc_k_kfree(const void *p)
{
    struct block *b = ZERO_OR_NULL_PTR(p) ? NULL : block_of(p, "kfree");

    if (b && b->cache)
        mkc_k_kmem_cache_free(b->cache, (void *)(uintptr_t)p);
    else if (b)
        release(b);
}

size_t mkc_k_ksize(const void *p)
{
    struct block *b = ZERO_OR_NULL_PTR(p) ? NULL : block_of(p, "ksize");

    return b ? b->size : 0;
}

void *mkc_k_mkemu_realloc(struct module *m, const void *p, size_t size, gfp_t gfp)
{
    struct block *b = ZERO_OR_NULL_PTR(p) ? NULL : block_of(p, "krealloc");

    if (!size) {
        mkc_k_kfree(p);
        return ZERO_SIZE_PTR;
    }
    void *to = allocate(mkc_of(m), size, 0, gfp, NULL);
    if (to && b) {
        __builtin_memcpy(to, p, b->size < size ? b->size : size);
        release(b);
    }
    return to;
}

struct kmem_cache *mkc_k_mkemu_cache_create(struct module *m, const char *name, size_t size, size_t align,
    void (*constructor)(void *object))
{
    struct kmem_cache *cache = size ? mkc_alloc(sizeof *cache) : NULL;

    if (!cache)
        return NULL;
    cache->module = mkc_of(m);
    cache->size = size;
    cache->align = align && !(align & (align - 1)) ? align : SMALLEST;
    cache->constructor = constructor;
    mkc_format(cache->name, sizeof cache->name, "%s", name);
    mkc_lock_take(&cache->module->lock);
    list_add_tail(&cache->list, &cache->module->caches);
    mkc_lock_give(&cache->module->lock);
    return cache;
}

void *mkc_k_kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
    void *object = allocate(cache->module, cache->size, cache->align, gfp, cache);

    if (object) {
        __atomic_fetch_add(&cache->objects, 1, __ATOMIC_RELAXED);
        if (cache->constructor)
            cache->constructor(object);
    }
    return object;
}

void mkc_k_kmem_cache_free(struct kmem_cache *cache, void *object)
{
    struct block *b = object ? block_of(object, "kmem_cache_free") : NULL;

    if (!b)
        return;
    if (b->cache != cache) {
        mkc_log(cache->module->core, 3, "BUG: kmem_cache_free: an object of another cache than %s", cache->name);
        mkc_trace(cache->module->core);
        return;
    }
    __atomic_fetch_sub(&cache->objects, 1, __ATOMIC_RELAXED);
    release(b);
}

unsigned int mkc_k_kmem_cache_size(struct kmem_cache *cache)
{
    return (unsigned int)cache->size;
}

void mkc_k_kmem_cache_destroy(struct kmem_cache *cache)
{
    if (!cache)
        return;
    struct mkemu_core_module *m = cache->module;
    if (cache->objects) { /* it stays, and is told at the end of the module too */
        mkc_log(m->core, 3, "kmem_cache_destroy %s: Slab cache still has %lld objects", cache->name,
            (long long)cache->objects);
        mkc_trace(m->core);
        return;
    }
    mkc_lock_take(&m->lock);
    list_del(&cache->list);
    mkc_lock_give(&m->lock);
    mkc_free(cache);
}

/* Frees what a module left, and tells it: the first few blocks, and the sum. */
void mkc_memory_drop(struct mkemu_core_module *m)
{
    struct block *b, *next;
    struct kmem_cache *cache, *after;
    unsigned long blocks = 0, bytes = 0;

    list_for_each_entry_safe(b, next, &m->memory, list) {
        if (++blocks <= 5)
            mkc_log(m->core, 4, "%s: left %zu bytes%s%s allocated", m->name, b->size, b->cache ? " of " : "",
                b->cache ? b->cache->name : "");
        bytes += b->size;
        release(b);
    }
    if (blocks > 5)
        mkc_log(m->core, 4, "%s: left %lu blocks, %lu bytes, allocated: they are freed", m->name, blocks, bytes);
    list_for_each_entry_safe(cache, after, &m->caches, list) {
        mkc_log(m->core, 4, "%s: left kmem_cache %s: it is destroyed", m->name, cache->name);
        list_del(&cache->list);
        mkc_free(cache);
    }
}
