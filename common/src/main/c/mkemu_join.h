/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_join.h: joins a machine as an instance that was created for this program, and leaves it. Include it (or
 * mkemu_peer.h) before any other header, or define _GNU_SOURCE; link with -pthread. One thread is the instance's CPU.
 */
#ifndef MKEMU_JOIN_H
#define MKEMU_JOIN_H

#include "mkemu_lane.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
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

static inline int mkemu_map_own(struct mkemu_peer *p)
{
    unsigned cpus;
    p->cpu = mkemu_first_cpu(p, p->entry, &cpus);
    uint64_t area = mkemu_load(&p->entry->ipi_area), length = mkemu_area_length(p, cpus);
    for (int i = 0; p->cpu >= 0 && i < MKEMU_INSTANCE_MAX_REGIONS; i++) {
        struct mkemu_region r = p->entry->regions[i];
        if (!mkemu_in_ram(p, r.address, r.size) || !(p->memory[i] = mkemu_map(p, r.address, r.size)))
            continue;
        p->regions[i] = r;
        if (area >= r.address && length <= r.size && area - r.address <= r.size - length)
            p->area = p->memory[i] + (area - r.address);
    }
    struct mkemu_queued_area *q = (struct mkemu_queued_area *)p->area;
    if (!q || (mkemu_is_queued(p) && (mkemu_load_acquire(&q->magic) != MKEMU_QUEUED_MAILBOX_MAGIC
            || q->nr_cpus != p->header.nr_cpus || q->slots != p->header.ipi_slots || q->cpus != cpus)))
        return mkemu_refuse(p, EINVAL, "its IPI area is none of this machine's");
    p->apic = mkemu_apic(p, p->cpu);
    p->lanes = (struct mkemu_lane *)calloc(p->header.nr_cpus, sizeof *p->lanes);
    if (!p->lanes)
        return mkemu_refuse(p, ENOMEM, "the state of its lanes");
    for (unsigned cpu = 0; mkemu_is_queued(p) && cpu < p->header.nr_cpus; cpu++)
        p->lanes[cpu] = mkemu_lane_at(p, mkemu_load((uint64_t *)(p->area + MKEMU_QUEUED_MAILBOX_BLOCKS_OFFSET
            + MKEMU_QUEUED_MAILBOX_LANES_OFFSET + cpu * mkemu_lane_length(p))));
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
    if (p->header.epoch != mkemu_parameter(command_line, "mk_epoch", 0))
        return mkemu_refuse(p, ESTALE, "mk_epoch= is missing or is not this machine's");
    return 0;
}

/* Takes the life of an instance that is loaded and maps what is its own. 0, or -errno and p->error says why. */
static inline int mkemu_join(struct mkemu_peer *p, const char *directory, int id, const char *command_line)
{
    char name[32];
    struct stat file;
    pthread_t watch;
    memset(p, 0, sizeof *p);
    p->id = id;
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
    if (p->host_lock_fd < 0 || pthread_create(&watch, NULL, mkemu_watch_host, p))
        return mkemu_refuse(p, ESRCH, "the machine has no host");
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
    if (pthread_create(&watch, NULL, mkemu_watch_requests, p))
        return mkemu_refuse(p, errno, "the thread that watches requests");
    mkemu_store(&p->entry->pid, (uint64_t)getpid());
    mkemu_store(&p->entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_JVM], mkemu_nanos());
    result = mkemu_map_own(p);
    mkemu_store(&p->entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_MAPPED], mkemu_nanos());
    return result;
}

/* Pins this thread to the instance's first CPU and enters active: from now on others can send to it. */
static inline int mkemu_start(struct mkemu_peer *p)
{
    cpu_set_t set;
    char what[80];
    CPU_ZERO(&set);
    if (p->apic->host_cpu >= 0 && p->apic->host_cpu < CPU_SETSIZE)
        CPU_SET((size_t)p->apic->host_cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set)) {
        int refused = errno;
        snprintf(what, sizeof what, "CPU %u: cannot pin to host CPU %d", (unsigned)p->cpu, (int)p->apic->host_cpu);
        return mkemu_refuse(p, refused, what);
    }
    mkemu_store_release(&p->apic->online_since, mkemu_nanos());
    mkemu_store(&p->apic->idle, MKEMU_LOCAL_APIC_STATE_RUNNING);
    mkemu_store(&p->entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_PINNED], mkemu_nanos());
    mkemu_store(&p->entry->boot_steps[MKEMU_INSTANCE_BOOT_STEP_ACTIVE], mkemu_nanos());
    uint64_t loaded = mkemu_load(&p->entry->life);
    if (mkemu_state(loaded) != MKEMU_INSTANCE_STATE_LOADED || !__atomic_compare_exchange_n(&p->entry->life, &loaded,
            (loaded - mkemu_state(loaded)) | MKEMU_INSTANCE_STATE_ACTIVE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return mkemu_refuse(p, EINVAL, "the host does not wait for this instance any more");
    mkemu_raise_event(p);
    return 0;
}

/* Ends in order: the caller exits with this code next, which gives the life lock back. */
static inline void mkemu_leave(struct mkemu_peer *p, int code)
{
    for (int word = 0; word < 4; word++)
        mkemu_store(&p->apic->targets[word], 0);
    mkemu_store(&p->apic->idle, MKEMU_LOCAL_APIC_STATE_OFFLINE);
    mkemu_store(&p->entry->exit_code, code);
}

MKEMU_END

#endif
