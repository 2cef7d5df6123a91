/* SPDX-License-Identifier: Apache-2.0 */
/* mkemu_pages.h: what a kernel instance in C does with memory: pages of its own, pages of others, its kernel log. */
#ifdef __cplusplus
#error "mkemu's headers are C11, not C++: put what uses them into a .c file, and call that from C++"
#elif !defined MKEMU_PAGES_H
#define MKEMU_PAGES_H

#include "mkemu_peer.h"

/* A window of this process on another kernel's page. */
struct mk_window {
    struct mk_window *next;
    void *map;
    uint64_t pfn;
};

/* A page of this instance's own memory, by its physical address; NULL if it is none. */
static inline void *mk_own(struct mk_peer *p, uint64_t address)
{
    for (int i = 0; i < MK_INSTANCE_MAX_REGIONS; i++)
        if (p->memory[i] && address >= p->regions[i].address && address - p->regions[i].address < p->regions[i].size)
            return p->memory[i] + (address - p->regions[i].address);
    return NULL;
}

/* Allocates a page: one granule, so one compare-and-set takes it from FREE to FIRST. Physical address, 0 when full. */
static inline uint64_t mk_alloc_page(struct mk_peer *p)
{
    for (int i = 0; i < MK_INSTANCE_MAX_REGIONS; i++) {
        struct mk_pool *pool = (struct mk_pool *)p->memory[i];
        uint64_t size = p->regions[i].size;
        if (!pool || mk_load_acquire(&pool->magic) != MK_BITMAP_POOL_MAGIC || pool->order != MK_PAGES_PAGE_SHIFT)
            continue;
        uint64_t granules = pool->granules, base = pool->base;
        if (granules > size / MK_PAGES_PAGE_SIZE || base < p->regions[i].address + MK_PAGES_PAGE_SIZE
            || base - p->regions[i].address > size - granules * MK_PAGES_PAGE_SIZE)
            continue;
        for (uint64_t g = 0; g < granules; g++) {
            uint64_t *word = &pool->words[g / 32], bits = ((uint64_t)1 << 32 | 1) << g % 32, seen = mk_load(word);
            while (!(seen & bits))
                if (__atomic_compare_exchange_n(word, &seen, seen | bits, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
                    return base + g * MK_PAGES_PAGE_SIZE;
        }
    }
    return 0;
}

/* The entry of a frame in the page table; NULL for a frame that cannot be shared. */
static inline struct mk_page *mk_page(struct mk_peer *p, uint64_t pfn)
{
    uint64_t first = p->header.host_at / MK_PAGES_PAGE_SIZE, end = p->header.ram_size / MK_PAGES_PAGE_SIZE;
    return pfn < first || pfn >= end ? NULL : (struct mk_page *)(p->tables + p->header.pages_at) + (pfn - first);
}

/* mk_send_pfn: shares a page of this instance and says so. */
static inline int mk_send_pfn(struct mk_peer *p, int id, uint64_t pfn)
{
    struct mk_page *page = mk_page(p, pfn);
    if (!page || id < 0 || id >= MK_MAX_INSTANCES || !mk_own(p, pfn << MK_PAGES_PAGE_SHIFT))
        return -EINVAL;
    uint64_t bit = (uint64_t)1 << id % 64, before = __atomic_fetch_or(&page->grants[id / 64], bit, __ATOMIC_SEQ_CST);
    int result = mk_send(p, id, MK_PFN_IPI_TYPE, &pfn, MK_IPI_DATA_PFN_SIZE);
    if (result == -ESHUTDOWN || (result && !(before & bit)))
        __atomic_fetch_and(&page->grants[id / 64], ~bit, __ATOMIC_SEQ_CST);
    return result;
}

/* The instance that owns a CPU, -1 for none. */
static inline int mk_owner_of(struct mk_peer *p, int cpu)
{
    int id = cpu >= 0 && cpu < (int)p->header.nr_cpus ? mk_load(&mk_apic(p, cpu)->instance) : -1;
    return id >= 0 && id < MK_MAX_INSTANCES && mk_state(mk_load(&mk_entry(p, id)->life)) ? id : -1;
}

/* Whether this process has a window on a page. */
static inline bool mk_has_window(const struct mk_peer *p, uint64_t pfn)
{
    const struct mk_window *w = p->windows;
    while (w && w->pfn != pfn)
        w = w->next;
    return w != NULL;
}

/* Says that this kernel has a page mapped no more, unless another of its windows is on it. */
static inline void mk_note_unmapped(struct mk_peer *p, uint64_t pfn)
{
    if (!mk_has_window(p, pfn))
        __atomic_fetch_and(&mk_page(p, pfn)->mapped[p->id / 64], ~((uint64_t)1 << p->id % 64), __ATOMIC_SEQ_CST);
}

/* Whether a page lies in the memory of an instance, which shared it with this one. */
static inline bool mk_is_shared(struct mk_peer *p, int owner, uint64_t pfn)
{
    return mk_owns(p, mk_entry(p, owner), pfn << MK_PAGES_PAGE_SHIFT, MK_PAGES_PAGE_SIZE)
        && (mk_load(&mk_page(p, pfn)->grants[p->id / 64]) >> p->id % 64 & 1);
}

/*
 * mk_receive_map_page: NULL unless the sender owns the page and shared it with this instance. Its owner cannot free it
 * until each window on it was given to mk_unmap_page: so this kernel says that it maps, then asks whether it may.
 */
static inline void *mk_map_page(struct mk_peer *p, const struct mk_ipi_data *message)
{
    uint64_t pfn;
    int owner = mk_owner_of(p, message->sender_cpu);
    if (message->type != MK_PFN_IPI_TYPE || message->data_size != MK_IPI_DATA_PFN_SIZE || owner < 0)
        return NULL;
    memcpy(&pfn, message->buffer, sizeof pfn);
    if (!mk_page(p, pfn) || !mk_is_shared(p, owner, pfn))
        return NULL;
    struct mk_window *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    __atomic_fetch_or(&mk_page(p, pfn)->mapped[p->id / 64], (uint64_t)1 << p->id % 64, __ATOMIC_SEQ_CST);
    if (mk_is_shared(p, owner, pfn))
        w->map = mk_map(p, pfn << MK_PAGES_PAGE_SHIFT, MK_PAGES_PAGE_SIZE);
    if (!w->map) {
        free(w);
        mk_note_unmapped(p, pfn);
        return NULL;
    }
    w->pfn = pfn;
    w->next = p->windows;
    p->windows = w;
    return w->map;
}

/* mk_receive_unmap_page: of what mk_map_page returned; anything else, NULL too, is left alone. */
static inline void mk_unmap_page(struct mk_peer *p, void *map)
{
    struct mk_window **at = &p->windows;
    while (*at && (*at)->map != map)
        at = &(*at)->next;
    struct mk_window *w = *at;
    if (!w)
        return;
    *at = w->next;
    munmap(w->map, MK_PAGES_PAGE_SIZE);
    mk_note_unmapped(p, w->pfn);
    free(w);
}

/* Tasks hold up the end of `mk run`: it waits until all that began have ended. */
static inline void mk_task_begins(struct mk_peer *p)
{
    __atomic_fetch_add(&p->entry->tasks_started, 1, __ATOMIC_SEQ_CST);
}

static inline void mk_task_ends(struct mk_peer *p, bool failed)
{
    if (failed)
        __atomic_fetch_add(&p->entry->tasks_failed, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&p->entry->tasks_ended, 1, __ATOMIC_SEQ_CST);
    mk_raise_event(p);
}

/* printk: one line of the instance's kernel log; level 0 emergency .. 7 debug. */
static inline void mk_printk(struct mk_peer *p, int level, const char *text)
{
    struct mk_log *log = (struct mk_log *)(p->tables + p->header.logs_at + (uint64_t)p->id * MK_KERNEL_LOG_LENGTH);
    const uint64_t mask = MK_KERNEL_LOG_RECORDS_LENGTH - 1;
    size_t length = strnlen(text, MK_KERNEL_LOG_MAX_TEXT);
    uint32_t bytes = (uint32_t)(MK_KERNEL_LOG_HEADER_LENGTH + length), aligned = (bytes + 7) & ~7u;
    uint64_t tail = mk_load(&log->tail), head = mk_load(&log->head);
    if (((head | tail) & 7) || tail >> 62 || head > tail || tail - head > mask + 1)
        head = tail = 0; /* what cannot be true is begun anew */
    uint64_t to_end = mask + 1 - (tail & mask), end = tail + aligned + (to_end < aligned ? to_end : 0);
    while (end - head > mask + 1) {
        uint32_t old = ((struct mk_log_record *)(log->records + (head & mask)))->bytes;
        bool whole = old >= MK_KERNEL_LOG_HEADER_LENGTH && old <= MK_KERNEL_LOG_HEADER_LENGTH + MK_KERNEL_LOG_MAX_TEXT;
        head = tail - head > mask + 1 ? tail : head + (whole ? (old + 7) & ~7u : mask + 1 - (head & mask));
    }
    mk_store(&log->head, head);
    mk_fence(); /* who reads bytes that are overwritten from here on sees the new head after them */
    if (to_end < aligned) {
        ((struct mk_log_record *)(log->records + (tail & mask)))->bytes = 0;
        tail += to_end;
    }
    struct mk_log_record *record = (struct mk_log_record *)(log->records + (tail & mask));
    *record = (struct mk_log_record){
        .bytes = bytes, .level = (uint8_t)level, .cpu = (uint16_t)p->cpu, .nanos = mk_nanos()};
    memcpy(record + 1, text, length);
    mk_store_release(&log->tail, end);
    mk_store_release(&log->lines, log->lines + 1);
    mk_raise_event(p);
}

#endif
