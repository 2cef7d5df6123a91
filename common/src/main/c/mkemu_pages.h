/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_pages.h: what a kernel instance in C does with memory: pages of its own, pages of others, its kernel log. What
 * is traced is so on the CPU that the calling thread is. Any thread, unless it says otherwise.
 */
#ifndef MKEMU_PAGES_H
#define MKEMU_PAGES_H

#include "mkemu_peer.h"
#include "mkemu_pool.h"

MKEMU_BEGIN

/* A window of this process on another kernel's page. */
struct mkemu_window {
    struct mkemu_window *next;
    void *map;
    uint64_t pfn;
};

/* A page of this instance's own memory, by its physical address; NULL if it is none. */
static inline void *mkemu_own(struct mkemu_peer *p, uint64_t address)
{
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++)
        if (p->memory[i] && address >= p->regions[i].address && address - p->regions[i].address < p->regions[i].size)
            return p->memory[i] + (address - p->regions[i].address);
    return NULL;
}

/* The entry of a frame in the page table; NULL for a frame that cannot be shared. */
static inline struct mkemu_page *mkemu_page(struct mkemu_peer *p, uint64_t pfn)
{
    uint64_t first = p->header.host_at / MKEMU_PAGES_PAGE_SIZE, end = p->header.ram_size / MKEMU_PAGES_PAGE_SIZE;
    return pfn < first || pfn >= end ? NULL : (struct mkemu_page *)(p->tables + p->header.pages_at) + (pfn - first);
}

/* multikernel_instance_alloc: bytes, align a power of two. Physical address, 0 if no range is free. */
static inline uint64_t mkemu_alloc(struct mkemu_peer *p, uint64_t size, uint64_t align)
{
    uint64_t address = 0;
    bool valid = align && !(align & (align - 1));
    for (int i = 0; valid && !address && i < MKEMU_INSTANCE_MAX_REGIONS; i++)
        address = mkemu_pool_alloc(&p->pools[i], size, align);
    mkemu_trace_now(MKEMU_TRACE_EVENT_POOL_ALLOC, address, (uint32_t)(mkemu_align(size) / MKEMU_PAGES_PAGE_SIZE), 0);
    return address;
}

/*
 * Ends the shares of whole pages; whether an instance has one of them mapped all the same. Single-slot does not ask, as
 * the RFC.
 */
static inline bool mkemu_end_shares(struct mkemu_peer *p, uint64_t address, uint64_t size)
{
    uint64_t first = address / MKEMU_PAGES_PAGE_SIZE, end = first + size / MKEMU_PAGES_PAGE_SIZE;
    bool held = false;
    for (uint64_t pfn = first; pfn < end; pfn++)
        for (int word = 0; mkemu_page(p, pfn) && word < 4; word++)
            mkemu_store(&mkemu_page(p, pfn)->grants[word], 0);
    for (uint64_t pfn = first; mkemu_is_queued(p) && pfn < end; pfn++)
        for (int word = 0; mkemu_page(p, pfn) && word < 4; word++)
            held |= mkemu_load(&mkemu_page(p, pfn)->mapped[word]) != 0;
    return held;
}

/*
 * multikernel_instance_free, of what mkemu_alloc returned, with its size. 0; -EINVAL, -ENOENT: it is no allocation;
 * -EBUSY: an instance has one of its pages mapped: nothing is freed, try again when it has unmapped.
 */
static inline int mkemu_free(struct mkemu_peer *p, uint64_t address, uint64_t size)
{
    const struct mkemu_bitmap_pool *b = mkemu_pool_of(p, address);
    int result = -EINVAL;
    if (b && size && size <= b->granules << b->order && !((address - b->base) & (((uint64_t)1 << b->order) - 1))) {
        uint64_t from = (address - b->base) >> b->order, end = from + mkemu_granules_in(b, size);
        bool whole = end <= b->granules && mkemu_next_granule(b, MKEMU_FIRST, from, from + 1) == from
            && mkemu_ends_at(b, from, end);
        if (whole && mkemu_end_shares(p, address, (end - from) << b->order))
            result = -EBUSY;
        else if (end <= b->granules)
            result = mkemu_pool_free(b, from, end);
    }
    mkemu_trace_now(MKEMU_TRACE_EVENT_POOL_FREE, address, (uint32_t)(mkemu_align(size) / MKEMU_PAGES_PAGE_SIZE),
        (uint32_t)-result);
    return result;
}

/* Whether a page can be shared: it is allocated from this instance's pool. */
static inline bool mkemu_is_mine(struct mkemu_peer *p, uint64_t pfn)
{
    return mkemu_page(p, pfn) && mkemu_is_allocated(p, pfn << MKEMU_PAGES_PAGE_SHIFT);
}

/* Sets or takes back the grant of a page; whether it was there before. */
static inline bool mkemu_grant(struct mkemu_peer *p, int id, uint64_t pfn, bool wanted)
{
    uint64_t *word = &mkemu_page(p, pfn)->grants[id / 64], bit = (uint64_t)1 << id % 64;
    uint64_t before = wanted ? __atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST)
                             : __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
    return (before & bit) != 0;
}

/* mk_send_pfn: shares a page of this instance and says so. In single-slot mode it may be anybody's. By a CPU. */
static inline int mkemu_send_pfn(struct mkemu_cpu *c, int id, uint64_t pfn)
{
    struct mkemu_peer *p = c->peer;
    bool valid = id >= 0 && id < MKEMU_INSTANCE_MAX_INSTANCES, mine = valid && mkemu_is_mine(p, pfn);
    if (mkemu_is_queued(p) && (!mine || !mkemu_state(mkemu_load(&mkemu_entry(p, id)->life))))
        return -EINVAL;
    bool shared = mine && mkemu_grant(p, id, pfn, true);
    int result = mkemu_send(c, id, MKEMU_IPI_DATA_PFN_IPI_TYPE, &pfn, MKEMU_IPI_DATA_PFN_SIZE);
    /* A receiver that is gone has no shares, whatever it had: its next life inherits none. */
    if (mkemu_is_queued(p) && result && (!shared || result == -ESHUTDOWN))
        mkemu_grant(p, id, pfn, false);
    mkemu_trace_now(MKEMU_TRACE_EVENT_PFN_SHARE, pfn, (uint32_t)id, (uint32_t)-result);
    return result;
}

/* Takes a share back; what is mapped already stays mapped there. 0 or -EINVAL. */
static inline int mkemu_revoke_pfn(struct mkemu_peer *p, int id, uint64_t pfn)
{
    int result = id >= 0 && id < MKEMU_INSTANCE_MAX_INSTANCES && mkemu_is_mine(p, pfn) ? 0 : -EINVAL;
    if (!result)
        mkemu_grant(p, id, pfn, false);
    mkemu_trace_now(MKEMU_TRACE_EVENT_PFN_REVOKE, pfn, (uint32_t)id, (uint32_t)-result);
    return result;
}

/* Whether this process has a window on a page. */
static inline bool mkemu_has_window(const struct mkemu_peer *p, uint64_t pfn)
{
    const struct mkemu_window *w = p->windows;
    while (w && w->pfn != pfn)
        w = w->next;
    return w != NULL;
}

/* Says that this kernel has a page mapped no more, unless another of its windows is on it. */
static inline void mkemu_note_unmapped(struct mkemu_peer *p, uint64_t pfn)
{
    if (!mkemu_has_window(p, pfn))
        __atomic_fetch_and(&mkemu_page(p, pfn)->mapped[p->id / 64], ~((uint64_t)1 << p->id % 64), __ATOMIC_SEQ_CST);
}

/* Whether a page lies in the memory of an instance, which shared it with this one; single-slot does not ask. */
static inline bool mkemu_is_shared(struct mkemu_peer *p, int owner, uint64_t pfn)
{
    return !mkemu_is_queued(p) || (owner >= 0
        && mkemu_owns(p, mkemu_entry(p, owner), pfn << MKEMU_PAGES_PAGE_SHIFT, MKEMU_PAGES_PAGE_SIZE)
        && (mkemu_load(&mkemu_page(p, pfn)->grants[p->id / 64]) >> p->id % 64 & 1));
}

/* Under the lock of the windows: says that this kernel maps the page, then asks whether it may. */
static inline void *mkemu_map_noted(struct mkemu_peer *p, int owner, uint64_t pfn)
{
    struct mkemu_window *w = (struct mkemu_window *)calloc(1, sizeof *w);
    if (!w)
        return NULL;
    __atomic_fetch_or(&mkemu_page(p, pfn)->mapped[p->id / 64], (uint64_t)1 << p->id % 64, __ATOMIC_SEQ_CST);
    if (mkemu_is_shared(p, owner, pfn))
        w->map = mkemu_map(p, pfn << MKEMU_PAGES_PAGE_SHIFT, MKEMU_PAGES_PAGE_SIZE);
    if (!w->map) {
        free(w);
        mkemu_note_unmapped(p, pfn);
        return NULL;
    }
    w->pfn = pfn;
    w->next = p->windows;
    p->windows = w;
    return w->map;
}

/*
 * mk_receive_map_page: NULL unless the sender owns the page and shared it with this instance. Its owner cannot free it
 * until each window on it was given to mkemu_unmap_page.
 */
static inline void *mkemu_map_page(struct mkemu_peer *p, const struct mkemu_ipi_data *message)
{
    uint64_t pfn;
    void *map = NULL;
    int owner = mkemu_owner_of(p, message->sender_cpu);
    if (message->type != MKEMU_IPI_DATA_PFN_IPI_TYPE || message->data_size != MKEMU_IPI_DATA_PFN_SIZE)
        return NULL;
    memcpy(&pfn, message->buffer, sizeof pfn);
    if (mkemu_page(p, pfn) && mkemu_is_shared(p, owner, pfn)) {
        pthread_mutex_lock(&p->windows_lock);
        map = mkemu_map_noted(p, owner, pfn);
        pthread_mutex_unlock(&p->windows_lock);
    }
    mkemu_trace_now(MKEMU_TRACE_EVENT_PFN_MAP, pfn, map != NULL, 0);
    return map;
}

/* mk_receive_unmap_page: of what mkemu_map_page returned. 0, or -ENOENT: it is no such window. */
static inline int mkemu_unmap_page(struct mkemu_peer *p, void *map)
{
    pthread_mutex_lock(&p->windows_lock);
    struct mkemu_window **at = &p->windows;
    while (*at && (*at)->map != map)
        at = &(*at)->next;
    struct mkemu_window *w = *at;
    uint64_t pfn = w ? w->pfn : 0;
    if (w) {
        *at = w->next;
        munmap(w->map, MKEMU_PAGES_PAGE_SIZE);
        mkemu_note_unmapped(p, pfn);
        free(w);
    }
    pthread_mutex_unlock(&p->windows_lock);
    if (!w)
        return -ENOENT;
    mkemu_trace_now(MKEMU_TRACE_EVENT_PFN_UNMAP, pfn, 0, 0);
    return 0;
}

/* Tasks hold up the end of `mk run`: it waits until all that began have ended. */
static inline void mkemu_task_begins(struct mkemu_peer *p)
{
    __atomic_fetch_add(&p->entry->tasks_started, 1, __ATOMIC_SEQ_CST);
}

static inline void mkemu_task_ends(struct mkemu_peer *p, bool failed)
{
    if (failed)
        __atomic_fetch_add(&p->entry->tasks_failed, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&p->entry->tasks_ended, 1, __ATOMIC_SEQ_CST);
    mkemu_raise_event(p);
}

/* Writes a record of the kernel log. One thread at a time. */
static inline void mkemu_write_log(struct mkemu_peer *p, int level, const char *text)
{
    struct mkemu_log *log =
        (struct mkemu_log *)(p->tables + p->header.logs_at + (uint64_t)p->id * MKEMU_KERNEL_LOG_LENGTH);
    const uint64_t mask = MKEMU_KERNEL_LOG_RECORDS_LENGTH - 1;
    size_t length = strnlen(text, MKEMU_KERNEL_LOG_MAX_TEXT);
    uint32_t bytes = (uint32_t)(MKEMU_KERNEL_LOG_HEADER_LENGTH + length), aligned = (bytes + 7) & ~7u;
    uint64_t tail = mkemu_load(&log->tail), head = mkemu_load(&log->head);
    if (((head | tail) & 7) || tail >> 62 || head > tail || tail - head > mask + 1)
        head = tail = 0; /* what cannot be true is begun anew */
    uint64_t to_end = mask + 1 - (tail & mask), end = tail + aligned + (to_end < aligned ? to_end : 0);
    while (end - head > mask + 1) {
        uint32_t old = ((struct mkemu_log_record *)(log->records + (head & mask)))->bytes;
        bool whole = old >= MKEMU_KERNEL_LOG_HEADER_LENGTH
            && old <= MKEMU_KERNEL_LOG_HEADER_LENGTH + MKEMU_KERNEL_LOG_MAX_TEXT;
        head = tail - head > mask + 1 ? tail : head + (whole ? (old + 7) & ~7u : mask + 1 - (head & mask));
    }
    mkemu_store(&log->head, head);
    mkemu_fence(); /* who reads bytes that are overwritten from here on sees the new head after them */
    if (to_end < aligned) {
        ((struct mkemu_log_record *)(log->records + (tail & mask)))->bytes = 0;
        tail += to_end;
    }
    struct mkemu_log_record *record = (struct mkemu_log_record *)(log->records + (tail & mask));
    record->bytes = bytes;
    record->level = (uint8_t)level;
    record->reserved = 0;
    record->cpu = (uint16_t)(mkemu_this_cpu ? mkemu_this_cpu->cpu : 0xffff);
    record->nanos = mkemu_nanos();
    memcpy(record + 1, text, length);
    mkemu_store_release(&log->tail, end);
    mkemu_store_release(&log->lines, log->lines + 1);
}

/* How long a writer of the log waits for another: longer only if that died in it, in a signal handler's thread. */
#define MKEMU_LOG_TRIES 100000

/* printk: one line of the instance's kernel log; level 0 emergency .. 7 debug. In a signal handler too. */
static inline void mkemu_printk(struct mkemu_peer *p, int level, const char *text)
{
    int tries = 0;
    while (__atomic_exchange_n(&p->log_lock, 1, __ATOMIC_ACQUIRE) && ++tries < MKEMU_LOG_TRIES)
        sched_yield();
    mkemu_write_log(p, level, text);
    mkemu_store_release(&p->log_lock, 0);
    mkemu_raise_event(p);
}

MKEMU_END

#endif
