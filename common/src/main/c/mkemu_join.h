/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_join.h: joins a machine as an instance that was created for this program, and leaves it. Include it (or
 * mkemu_peer.h) before any other header, or define _GNU_SOURCE; link with -pthread.
 */
#ifndef MKEMU_JOIN_H
#define MKEMU_JOIN_H

#include "mkemu_lane.h"
#include <sys/stat.h>

MKEMU_BEGIN

#define MKEMU_EXIT_HOST_LOST 75

static inline int mkemu_lock(int fd, int command, int type)
{
    struct flock lock;
    int result;
    memset(&lock, 0, sizeof lock);
    lock.l_type = (short)type;
    lock.l_whence = SEEK_SET;
    do
        result = fcntl(fd, command, &lock);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : lock.l_type;
}

static inline void *mkemu_watch_host(void *peer)
{
    mkemu_lock(((struct mkemu_peer *)peer)->host_lock_fd, F_OFD_SETLKW, F_RDLCK);
    dprintf(STDERR_FILENO, "mkemu: the host is gone; this instance ends\n");
    _exit(MKEMU_EXIT_HOST_LOST);
}

/* Does what the host forces, whatever the CPU is doing: the exit parks it, and gives the life lock back. */
static inline void *mkemu_watch_requests(void *peer)
{
    struct mkemu_instance *entry = ((struct mkemu_peer *)peer)->entry;
    for (;;) {
        uint32_t request = mkemu_load(&entry->requested);
        if (request == MKEMU_INSTANCE_REQUEST_HALT) {
            mkemu_store(&entry->exit_code, 0);
            _exit(0);
        }
        mkemu_futex(&entry->requested, MKEMU_FUTEX_WAIT, request, NULL);
    }
}

/* The pool at the head of a region of the own memory; false if what is there is none. */
static inline bool mkemu_attach_pool(struct mkemu_bitmap_pool *pool, const struct mkemu_region *r, uint8_t *memory)
{
    struct mkemu_pool *at = (struct mkemu_pool *)memory;
    uint64_t pages = r->size / MKEMU_PAGES_PAGE_SIZE, words = (pages + 31) / 32 * 8;
    uint64_t head = mkemu_align(MKEMU_BITMAP_POOL_HEADER_LENGTH + (words + 63) / 64 * 64);
    if (mkemu_load_acquire(&at->magic) != MKEMU_BITMAP_POOL_MAGIC || head >= r->size)
        return false;
    pool->order = at->order;
    pool->granules = at->granules;
    pool->base = at->base;
    pool->words = (uint64_t *)(at + 1);
    return pool->order >= MKEMU_BITMAP_POOL_MIN_ORDER && pool->order <= MKEMU_BITMAP_POOL_MAX_ORDER
        && pool->granules == (r->size - head) >> pool->order && at->size == r->size - head
        && pool->granules << pool->order == at->size && pool->base == r->address + head;
}

static inline int mkemu_map_own(struct mkemu_peer *p)
{
    mkemu_first_cpu(p, p->entry, &p->cpu_count);
    p->possible_cpus = mkemu_possible_cpus(p, p->entry);
    p->area_at = mkemu_load(&p->entry->ipi_area);
    uint64_t length = mkemu_area_length(p, p->possible_cpus);
    if (!p->cpu_count || !p->possible_cpus)
        return mkemu_refuse(p, EINVAL, "the instance has no CPU");
    for (int i = 0; i < MKEMU_INSTANCE_MAX_REGIONS; i++) {
        struct mkemu_region r = p->entry->regions[i];
        if (!mkemu_in_ram(p, r.address, r.size) || r.size % MKEMU_PAGES_PAGE_SIZE)
            continue;
        p->memory[i] = mkemu_map(p, r.address, r.size);
        if (!p->memory[i])
            return mkemu_refuse(p, errno, "its memory");
        p->regions[i] = r;
        if (!mkemu_attach_pool(&p->pools[i], &r, p->memory[i]))
            return mkemu_refuse(p, EINVAL, "its memory pool is damaged");
        if (p->area_at >= r.address && length <= r.size && p->area_at - r.address <= r.size - length)
            p->area = p->memory[i] + (p->area_at - r.address);
    }
    if (!p->area || !mkemu_is_area(p, p->area, p->possible_cpus))
        return mkemu_refuse(p, EINVAL, "its IPI area is none of this machine's");
    return 0;
}

/* A number of the command line; the last one of a name counts. */
static inline uint64_t mkemu_parameter(const char *command_line, const char *name, uint64_t otherwise)
{
    size_t length = strlen(name);
    for (const char *word = command_line; *word; word += strcspn(word, " "), word += strspn(word, " "))
        if (!strncmp(word, name, length) && word[length] == '=')
            otherwise = strtoull(word + length + 1, NULL, 0);
    return otherwise;
}

/* Opens RAM and checks that it is the machine that the command line was made for. */
static inline int mkemu_open_ram(struct mkemu_peer *p, int dir, const char *command_line)
{
    struct stat file;
    p->ram_fd = openat(dir, "ram", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (p->ram_fd < 0 || fstat(p->ram_fd, &file))
        return mkemu_refuse(p, errno, "ram");
    if (pread(p->ram_fd, &p->header, sizeof p->header, 0) != sizeof p->header
        || !mkemu_header_is_good(&p->header, (uint64_t)file.st_size))
        return mkemu_refuse(p, EPROTO, "ram is not of an mkemu machine with this header's ABI version");
    uint64_t slots = p->header.ipi_slots;
    p->records_length = MKEMU_QUEUED_MAILBOX_MAX_RECORD_LENGTH
        * (slots + (slots < MKEMU_QUEUED_MAILBOX_EARLY_JUMP_SLOTS ? 1 : MKEMU_QUEUED_MAILBOX_SPARE_RECORDS));
    if (p->header.epoch != mkemu_parameter(command_line, "mk_epoch", 0))
        return mkemu_refuse(p, ESTALE, "mk_epoch= is missing or is not this machine's");
    return 0;
}

/* Takes the life of a loaded instance and maps what its process has once. 0, or -errno and p->error says why. */
static inline int mkemu_join(struct mkemu_peer *p, const char *directory, int id, const char *command_line)
{
    char name[32];
    struct stat file;
    pthread_t watch;
    memset(p, 0, sizeof *p);
    p->id = id;
    pthread_mutex_init(&p->windows_lock, NULL);
    p->light_fences = syscall(SYS_membarrier, MKEMU_MEMBARRIER_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
    if (id < 1 || id >= MKEMU_INSTANCE_MAX_INSTANCES)
        return mkemu_refuse(p, EINVAL, "instance id must be 1..255");
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || fstat(dir, &file))
        return mkemu_refuse(p, errno, directory);
    if (file.st_uid != geteuid() || (file.st_mode & 077))
        return mkemu_refuse(p, EPERM, "the machine's directory must be this user's alone, mode 0700");
    int result = mkemu_open_ram(p, dir, command_line);
    if (result)
        return result;
    close(p->ram_fd);
    snprintf(name, sizeof name, "instance-%d.lock", id);
    p->lock_fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (p->lock_fd < 0 || mkemu_lock(p->lock_fd, F_OFD_SETLK, F_WRLCK) < 0)
        return mkemu_refuse(p, EBUSY, "another process is this instance");
    p->host_lock_fd = openat(dir, "host.lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (p->host_lock_fd < 0)
        return mkemu_refuse(p, errno, "host.lock");
    result = pthread_create(&watch, NULL, mkemu_watch_host, p);
    if (result)
        return mkemu_refuse(p, result, "the thread that watches the host");
    result = mkemu_open_ram(p, dir, command_line); /* the lock may have been the next machine's of this name */
    close(dir);
    if (result)
        return result;
    p->tables = mkemu_map(p, 0, p->header.pool_map_at);
    if (!p->tables)
        return mkemu_refuse(p, errno, "ram");
    p->entry = mkemu_entry(p, id);
    if (mkemu_state(mkemu_load(&p->entry->life)) != MKEMU_INSTANCE_STATE_LOADED)
        return mkemu_refuse(p, EINVAL, "the instance is not in state loaded");
    if (mkemu_load(&p->entry->requested) != MKEMU_INSTANCE_REQUEST_RUN
        || mkemu_load(&p->entry->life) >> MKEMU_INSTANCE_STATE_BITS != mkemu_parameter(command_line, "mk_life", 0))
        return mkemu_refuse(p, ESTALE, "mk_life= is missing, or that life is over; execute the instance again");
    p->life = mkemu_load(&p->entry->life) >> MKEMU_INSTANCE_STATE_BITS;
    result = pthread_create(&watch, NULL, mkemu_watch_requests, p);
    if (result)
        return mkemu_refuse(p, result, "the thread that watches requests");
    mkemu_store(&p->entry->pid, (uint64_t)getpid());
    mkemu_store(&p->entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_JVM], mkemu_nanos());
    result = mkemu_map_own(p);
    mkemu_store(&p->entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_MAPPED], mkemu_nanos());
    return result;
}

/* A boot step has been reached; the first time counts. */
static inline void mkemu_boot_step(struct mkemu_peer *p, int step)
{
    if (!mkemu_load(&p->entry->boot_steps[step]))
        mkemu_store(&p->entry->boot_steps[step], mkemu_nanos());
}

/* Enters active, with all CPUs online: from now on others can send to it. 0, or -errno and the peer's error. */
static inline int mkemu_active(struct mkemu_peer *p)
{
    mkemu_boot_step(p, MKEMU_INSTANCE_BOOT_STEP_PINNED);
    mkemu_boot_step(p, MKEMU_INSTANCE_BOOT_STEP_ACTIVE);
    uint64_t loaded = mkemu_load(&p->entry->life);
    if (mkemu_state(loaded) != MKEMU_INSTANCE_STATE_LOADED || !__atomic_compare_exchange_n(&p->entry->life, &loaded,
            (loaded - mkemu_state(loaded)) | MKEMU_INSTANCE_STATE_ACTIVE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return mkemu_refuse(p, EINVAL, "the host does not wait for this instance any more");
    mkemu_raise_event(p);
    return 0;
}

/* Ends in order, once its CPUs are offline: the caller exits with this code next, which gives the life lock back. */
static inline void mkemu_leave(struct mkemu_peer *p, int code)
{
    mkemu_store(&p->entry->exit_code, code);
}

MKEMU_END

#endif
