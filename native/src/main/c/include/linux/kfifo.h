/* SPDX-License-Identifier: Apache-2.0 */
/* linux/kfifo.h: rings of elements: one may put and one may get without a lock. No records. */
#ifndef MKEMU_LINUX_KFIFO_H
#define MKEMU_LINUX_KFIFO_H

#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

struct __kfifo {
    unsigned int in, out; /* atomic; they run on beyond the size */
    unsigned int mask, esize;
    void *data;
};

/* Of elements; there are none of records with lengths of their own. */
#define STRUCT_KFIFO(type_, size) struct { struct __kfifo kfifo; type_ *type; type_ buf[size]; }
#define STRUCT_KFIFO_PTR(type_) struct { struct __kfifo kfifo; type_ *type; type_ buf[0]; }
#define DECLARE_KFIFO(fifo, type, size) STRUCT_KFIFO(type, size) fifo
#define DECLARE_KFIFO_PTR(fifo, type) STRUCT_KFIFO_PTR(type) fifo
/* The size is a power of two, at least 2. */
#define DEFINE_KFIFO(fifo, type_, size)                                                             \
    DECLARE_KFIFO(fifo, type_, size) = { .kfifo = { .esize = sizeof(type_), .data = (fifo).buf,     \
        .mask = (size) - 1 + (unsigned int)BUILD_BUG_ON_ZERO((size) < 2 || ((size) & ((size) - 1))) } }
#define INIT_KFIFO(fifo)                                                                            \
    ((void)((fifo).kfifo = (struct __kfifo){ .mask = sizeof((fifo).buf) / sizeof((fifo).buf[0]) - 1, \
        .esize = sizeof((fifo).buf[0]), .data = (fifo).buf }))

struct kfifo {
    struct __kfifo kfifo;
    unsigned char *type;
    unsigned char buf[0];
};

static inline unsigned int mkemu_kfifo_len_(const struct __kfifo *fifo)
{
    return __atomic_load_n(&fifo->in, __ATOMIC_ACQUIRE) - __atomic_load_n(&fifo->out, __ATOMIC_ACQUIRE);
}

/* Copies between the ring and a plain array; the elements are in two pieces where the ring ends. */
static inline void mkemu_kfifo_copy_(struct __kfifo *fifo, unsigned int at, void *plain, unsigned int count, bool in)
{
    unsigned int from = at & fifo->mask, left = fifo->mask + 1 - from, first = count < left ? count : left;
    char *ring = fifo->data, *p = plain;

    if (in) {
        memcpy(ring + (size_t)from * fifo->esize, p, (size_t)first * fifo->esize);
        memcpy(ring, p + (size_t)first * fifo->esize, (size_t)(count - first) * fifo->esize);
    } else {
        memcpy(p, ring + (size_t)from * fifo->esize, (size_t)first * fifo->esize);
        memcpy(p + (size_t)first * fifo->esize, ring, (size_t)(count - first) * fifo->esize);
    }
}

static inline unsigned int mkemu_kfifo_in(struct __kfifo *fifo, const void *from, unsigned int count)
{
    unsigned int room = fifo->mask + 1 - mkemu_kfifo_len_(fifo);

    count = count < room ? count : room;
    mkemu_kfifo_copy_(fifo, fifo->in, (void *)(uintptr_t)from, count, true);
    __atomic_store_n(&fifo->in, fifo->in + count, __ATOMIC_RELEASE);
    return count;
}

static inline unsigned int mkemu_kfifo_peek(struct __kfifo *fifo, void *to, unsigned int count)
{
    unsigned int length = mkemu_kfifo_len_(fifo);

    count = count < length ? count : length;
    mkemu_kfifo_copy_(fifo, fifo->out, to, count, false);
    return count;
}

static inline void mkemu_kfifo_free(struct __kfifo *fifo)
{
    kfree(fifo->data);
    *fifo = (struct __kfifo){ .esize = fifo->esize };
}

static inline int mkemu_kfifo_set_(struct __kfifo *fifo, unsigned long size, unsigned int element, void *data)
{
    *fifo = (struct __kfifo){ .esize = element };
    if (size < 2 || !data)
        return size < 2 ? -EINVAL : -ENOMEM;
    fifo->mask = (unsigned int)size - 1;
    fifo->data = data;
    return 0;
}

static inline int mkemu_kfifo_alloc(struct __kfifo *fifo, unsigned int size, unsigned int element, gfp_t gfp)
{
    unsigned long rounded = roundup_pow_of_two(size);

    return mkemu_kfifo_set_(fifo, rounded, element, rounded < 2 ? NULL : kmalloc_array(rounded, element, gfp));
}

/* Of memory that the caller has: the largest power of two of it. */
static inline int mkemu_kfifo_init(struct __kfifo *fifo, void *buffer, unsigned int size, unsigned int element)
{
    unsigned int count = size / element;

    return mkemu_kfifo_set_(fifo, count ? rounddown_pow_of_two(count) : 0, element, buffer);
}

static inline unsigned int mkemu_kfifo_skip_(struct __kfifo *fifo, unsigned int count)
{
    __atomic_store_n(&fifo->out, fifo->out + count, __ATOMIC_RELEASE);
    return count;
}

#define kfifo_initialized(fifo) ((fifo)->kfifo.mask != 0)
#define kfifo_esize(fifo) ((fifo)->kfifo.esize)
#define kfifo_size(fifo) ((fifo)->kfifo.mask + 1)
#define kfifo_len(fifo) mkemu_kfifo_len_(&(fifo)->kfifo)
#define kfifo_avail(fifo) (kfifo_size(fifo) - kfifo_len(fifo))
#define kfifo_is_empty(fifo) (kfifo_len(fifo) == 0)
#define kfifo_is_full(fifo) (kfifo_len(fifo) > (fifo)->kfifo.mask)
#define kfifo_reset(fifo) ((void)((fifo)->kfifo.in = (fifo)->kfifo.out = 0))
#define kfifo_reset_out(fifo) ((void)((fifo)->kfifo.out = (fifo)->kfifo.in))
#define kfifo_alloc(fifo, size, gfp) mkemu_kfifo_alloc(&(fifo)->kfifo, size, sizeof(*(fifo)->type), gfp)
#define kfifo_init(fifo, buffer, size) mkemu_kfifo_init(&(fifo)->kfifo, buffer, size, sizeof(*(fifo)->type))
#define kfifo_free(fifo) mkemu_kfifo_free(&(fifo)->kfifo)

/* An element: 0: it was full, or empty. */
#define kfifo_put(fifo, value) ({ \
    __typeof__(*(fifo)->type) put_ = (value); mkemu_kfifo_in(&(fifo)->kfifo, &put_, 1); })
#define kfifo_get(fifo, to) ({ __typeof__((fifo)->type) got_ = (to); kfifo_out(fifo, got_, 1); })
#define kfifo_peek(fifo, to) ({ __typeof__((fifo)->type) got_ = (to); mkemu_kfifo_peek(&(fifo)->kfifo, got_, 1); })
#define kfifo_skip(fifo) ((void)(kfifo_is_empty(fifo) ? 0u : mkemu_kfifo_skip_(&(fifo)->kfifo, 1)))
/* Several: how many it were. */
#define kfifo_in(fifo, from, count) mkemu_kfifo_in(&(fifo)->kfifo, from, count)
#define kfifo_out_peek(fifo, to, count) mkemu_kfifo_peek(&(fifo)->kfifo, to, count)
#define kfifo_out(fifo, to, count) mkemu_kfifo_skip_(&(fifo)->kfifo, mkemu_kfifo_peek(&(fifo)->kfifo, to, count))
#define mkemu_kfifo_locked_(lock, expression) ({                                                    \
    unsigned long flags_;                                                                           \
    spin_lock_irqsave(lock, flags_);                                                                \
    unsigned int count_ = (expression);                                                             \
    spin_unlock_irqrestore(lock, flags_);                                                           \
    count_;                                                                                         \
})
#define kfifo_in_spinlocked(fifo, from, count, lock) mkemu_kfifo_locked_(lock, kfifo_in(fifo, from, count))
#define kfifo_out_spinlocked(fifo, to, count, lock) mkemu_kfifo_locked_(lock, kfifo_out(fifo, to, count))
#define kfifo_in_locked(fifo, from, count, lock) kfifo_in_spinlocked(fifo, from, count, lock)
#define kfifo_out_locked(fifo, to, count, lock) kfifo_out_spinlocked(fifo, to, count, lock)

#endif
