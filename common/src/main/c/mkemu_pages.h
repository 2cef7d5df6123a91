/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_pages.h: what a kernel instance in C does with memory: pages of its own, pages of others, its kernel log. */
#ifndef MKEMU_PAGES_H
#define MKEMU_PAGES_H

#include "mkemu_peer.h"

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

/* Allocates a page: one granule, so one compare-and-set takes it from FREE to FIRST. Physical address, 0 when full. */
static inline uint64_t mkemu_alloc_page(struct mkemu_peer *p)
{
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++) {
        struct mkemu_pool *pool = (struct mkemu_pool *)p->memory[i];
        uint64_t size = p->regions[i].size;
        if (!pool || mkemu_load_acquire(&pool->magic) != MKEMU_BITMAP_POOL_MAGIC
            || pool->order != MKEMU_PAGES_PAGE_SHIFT)
            continue;
        uint64_t granules = pool->granules, base = pool->base;
        if (granules > size / MKEMU_PAGES_PAGE_SIZE || base < p->regions[i].address + MKEMU_PAGES_PAGE_SIZE
            || base - p->regions[i].address > size - granules * MKEMU_PAGES_PAGE_SIZE)
            continue;
        for (uint64_t g = 0; g < granules; g++) {
            uint64_t *word = (uint64_t *)(pool + 1) + g / 32, bits = ((uint64_t)1 << 32 | 1) << g % 32, seen = mkemu_load(word);
            while (!(seen & bits))
                if (__atomic_compare_exchange_n(word, &seen, seen | bits, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
                    return base + g * MKEMU_PAGES_PAGE_SIZE;
        }
    }
    return 0;
}

/* The entry of a frame in the page table; NULL for a frame that cannot be shared. */
static inline struct mkemu_page *mkemu_page(struct mkemu_peer *p, uint64_t pfn)
{
    uint64_t first = p->header.host_at / MKEMU_PAGES_PAGE_SIZE, end = p->header.ram_size / MKEMU_PAGES_PAGE_SIZE;
    return pfn < first || pfn >= end ? NULL : (struct mkemu_page *)(p->tables + p->header.pages_at) + (pfn - first);
}

/* mk_send_pfn: shares a page of this instance and says so. */
static inline int mkemu_send_pfn(struct mkemu_peer *p, int id, uint64_t pfn)
{
    struct mkemu_page *page = mkemu_page(p, pfn);
    if (!page || id < 0 || id >= MKEMU_INSTANCE_MAX_INSTANCES || !mkemu_own(p, pfn << MKEMU_PAGES_PAGE_SHIFT))
        return -EINVAL;
    uint64_t bit = (uint64_t)1 << id % 64, before = __atomic_fetch_or(&page->grants[id / 64], bit, __ATOMIC_SEQ_CST);
    int result = mkemu_send(p, id, MKEMU_IPI_DATA_PFN_IPI_TYPE, &pfn, MKEMU_IPI_DATA_PFN_SIZE);
    if (result == -ESHUTDOWN || (result && !(before & bit)))
        __atomic_fetch_and(&page->grants[id / 64], ~bit, __ATOMIC_SEQ_CST);
    return result;
}

/* The instance that owns a CPU, -1 for none. */
static inline int mkemu_owner_of(struct mkemu_peer *p, int cpu)
{
    int id = cpu >= 0 && cpu < (int)p->header.nr_cpus ? mkemu_load(&mkemu_apic(p, cpu)->instance) : -1;
    return id >= 0 && id < MKEMU_INSTANCE_MAX_INSTANCES && mkemu_state(mkemu_load(&mkemu_entry(p, id)->life)) ? id : -1;
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

/* Whether a page lies in the memory of an instance, which shared it with this one. */
static inline bool mkemu_is_shared(struct mkemu_peer *p, int owner, uint64_t pfn)
{
    return mkemu_owns(p, mkemu_entry(p, owner), pfn << MKEMU_PAGES_PAGE_SHIFT, MKEMU_PAGES_PAGE_SIZE)
        && (mkemu_load(&mkemu_page(p, pfn)->grants[p->id / 64]) >> p->id % 64 & 1);
}

/*
 * mk_receive_map_page: NULL unless the sender owns the page and shared it with this instance. Its owner cannot free it
 * until each window on it was given to mkemu_unmap_page: so this kernel says that it maps, then asks whether it may.
 */
static inline void *mkemu_map_page(struct mkemu_peer *p, const struct mkemu_ipi_data *message)
{
    uint64_t pfn;
    int owner = mkemu_owner_of(p, message->sender_cpu);
    if (message->type != MKEMU_IPI_DATA_PFN_IPI_TYPE || message->data_size != MKEMU_IPI_DATA_PFN_SIZE || owner < 0)
        return NULL;
    memcpy(&pfn, message->buffer, sizeof pfn);
    if (!mkemu_page(p, pfn) || !mkemu_is_shared(p, owner, pfn))
        return NULL;
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

/* mk_receive_unmap_page: of what mkemu_map_page returned; anything else, NULL too, is left alone. */
static inline void mkemu_unmap_page(struct mkemu_peer *p, void *map)
{
    struct mkemu_window **at = &p->windows;
    while (*at && (*at)->map != map)
        at = &(*at)->next;
    struct mkemu_window *w = *at;
    if (!w)
        return;
    *at = w->next;
    munmap(w->map, MKEMU_PAGES_PAGE_SIZE);
    mkemu_note_unmapped(p, w->pfn);
    free(w);
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

/* printk: one line of the instance's kernel log; level 0 emergency .. 7 debug. */
static inline void mkemu_printk(struct mkemu_peer *p, int level, const char *text)
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
    record->cpu = (uint16_t)p->cpu;
    record->nanos = mkemu_nanos();
    memcpy(record + 1, text, length);
    mkemu_store_release(&log->tail, end);
    mkemu_store_release(&log->lines, log->lines + 1);
    mkemu_raise_event(p);
}

MKEMU_END

#endif
