/* SPDX-License-Identifier: Apache-2.0 */
/* linux/slab.h: kmalloc and its like: memory of the process, which has no physical address. */
#ifndef MKEMU_LINUX_SLAB_H
#define MKEMU_LINUX_SLAB_H

#include <linux/overflow.h>
#include <linux/gfp.h>
#include <linux/string.h>
#include <mkemu_kmod.h>

#define ARCH_KMALLOC_MINALIGN 16
#define KMALLOC_MAX_SIZE (1UL << 30)
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)
#define SLAB_HWCACHE_ALIGN 1u
#define SLAB_PANIC 2u
#define SLAB_RECLAIM_ACCOUNT 4u
#define SLAB_ACCOUNT 8u

void *mkemu_alloc(struct module *m, size_t size, size_t align, gfp_t gfp);
void *mkemu_realloc(struct module *m, const void *p, size_t size, gfp_t gfp);
void kfree(const void *p);
size_t ksize(const void *p);

static inline size_t mkemu_array(size_t n, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(n, size, &bytes) ? ~(size_t)0 : bytes;
}

/* Aligned to 16 bytes, and a power of two to itself up to a page. */
#define kmalloc(size, gfp) mkemu_alloc(&mkemu_kmod, (size), 0, (gfp))
#define kzalloc(size, gfp) mkemu_alloc(&mkemu_kmod, (size), 0, (gfp) | __GFP_ZERO)
#define kmalloc_array(n, size, gfp) kmalloc(mkemu_array((n), (size)), (gfp))
#define kcalloc(n, size, gfp) kzalloc(mkemu_array((n), (size)), (gfp))
#define krealloc(p, size, gfp) mkemu_realloc(&mkemu_kmod, (p), (size), (gfp))
#define krealloc_array(p, n, size, gfp) krealloc((p), mkemu_array((n), (size)), (gfp))
#define kmalloc_node(size, gfp, node) kmalloc(size, gfp)
#define kzalloc_node(size, gfp, node) kzalloc(size, gfp)
#define kvmalloc(size, gfp) kmalloc(size, gfp)
#define kvzalloc(size, gfp) kzalloc(size, gfp)
#define kvmalloc_array(n, size, gfp) kmalloc_array(n, size, gfp)
#define kvcalloc(n, size, gfp) kcalloc(n, size, gfp)
#define kvfree(p) kfree(p)
#define kfree_sensitive(p) do {                              \
    const void *free_ = (p);                                 \
    if (free_)                                               \
        memset((void *)(uintptr_t)free_, 0, ksize(free_));   \
    kfree(free_);                                            \
} while (0)

__printf(2, 3) char *kasprintf(gfp_t gfp, const char *format, ...);
__printf(2, 0) char *kvasprintf(gfp_t gfp, const char *format, va_list args);

struct kmem_cache *mkemu_cache_create(struct module *m, const char *name, size_t size, size_t align,
    void (*constructor)(void *object));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);
unsigned int kmem_cache_size(struct kmem_cache *cache);

#define kmem_cache_create(name, size, align, flags, constructor) \
    ((void)(flags), mkemu_cache_create(&mkemu_kmod, (name), (size), (align), (constructor)))
#define KMEM_CACHE(type, flags) kmem_cache_create(#type, sizeof(struct type), __alignof__(struct type), (flags), NULL)
#define kmem_cache_zalloc(cache, gfp) kmem_cache_alloc((cache), (gfp) | __GFP_ZERO)

#endif
