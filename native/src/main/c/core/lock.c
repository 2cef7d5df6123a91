/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c: spinlocks, mutexes, semaphores. */
#include "core.h"
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>

/* A spinlock that is held for so long is told, once for each wait. */
enum { LOCKUP_SECONDS = 10 };

static void bug(struct mkc_cpu *cpu, const char *what, struct task_struct *owner)
{
    struct mkc_task *task = mkc_current(cpu);
    char text[160];

    mkc_format(text, sizeof text, "BUG: spinlock %s on CPU#%u, %s/%d, owner %s/%d", what, cpu->index, task->task.comm,
        task->task.pid, owner ? owner->comm : "<none>", owner ? owner->pid : -1);
    mkc_log(cpu->core, 3, "%s", text);
    mkc_trace(cpu->core);
    mkc_panic(cpu->core, text);
}

int mkc_k_mkemu_spin_trylock(struct raw_spinlock *lock)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    u32 none = 0;

    if (!__atomic_compare_exchange_n(&lock->locked, &none, cpu->index + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return 0;
    struct mkc_task *task = mkc_current(cpu);
    WRITE_ONCE(lock->owner, &task->task);
    task->preempt++;
    return 1;
}

void mkc_k_mkemu_spin_lock(struct raw_spinlock *lock)
{
    if (mkc_k_mkemu_spin_trylock(lock))
        return;
    struct mkc_cpu *cpu = mkc_this_cpu();
    /* No task is taken off its CPU while it holds one, so nobody could ever give it back. */
    if (READ_ONCE(lock->locked) == cpu->index + 1)
        bug(cpu, "recursion", READ_ONCE(lock->owner));
    uint64_t since = 0;
    for (uint32_t spins = 0; !mkc_k_mkemu_spin_trylock(lock);) {
        mkc_relax(cpu->core, &spins);
        if (spins < 10000)
            continue;
        spins = 100;
        uint64_t now = mkc_nanos(cpu->core);
        if (!since) {
            since = now;
        } else if (since != 1 && now - since > LOCKUP_SECONDS * 1000000000ull) {
            mkc_log(cpu->core, 3, "BUG: spinlock lockup suspected on CPU#%u, %s/%d: %d s", cpu->index,
                mkc_current(cpu)->task.comm, mkc_current(cpu)->task.pid, LOCKUP_SECONDS);
            mkc_trace(cpu->core);
            since = 1;
        }
    }
}

void mkc_k_mkemu_spin_unlock(struct raw_spinlock *lock)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    if (READ_ONCE(lock->locked) != cpu->index + 1)
        bug(cpu, READ_ONCE(lock->locked) ? "wrong CPU" : "already unlocked", READ_ONCE(lock->owner));
    WRITE_ONCE(lock->owner, NULL);
    __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
    mkc_current(cpu)->preempt--;
}

/* One that sleeps until take says that it has what it came for; the queue's lock is held meanwhile. */
static bool wait_for(struct wait_queue_head *head, bool (*take)(void *what), void *what, long timeout)
{
    struct mkc_task *task = mkc_current(mkc_this_cpu());
    struct wait_queue_entry entry = {WQ_FLAG_EXCLUSIVE, &task->task, mkc_k_autoremove_wake_function, {0, 0}};
    bool taken;

    INIT_LIST_HEAD(&entry.entry);
    mkc_k_mkemu_spin_lock(&head->lock);
    while (!(taken = take(what)) && timeout) {
        if (list_empty(&entry.entry))
            list_add_tail(&entry.entry, &head->head);
        smp_store_mb(task->task.__state, TASK_UNINTERRUPTIBLE);
        mkc_k_mkemu_spin_unlock(&head->lock);
        timeout = mkc_k_schedule_timeout(timeout);
        mkc_k_mkemu_spin_lock(&head->lock);
    }
    WRITE_ONCE(task->task.__state, TASK_RUNNING);
    if (!list_empty(&entry.entry))
        list_del_init(&entry.entry);
    mkc_k_mkemu_spin_unlock(&head->lock);
    return taken;
}

static bool take_mutex(void *what)
{
    struct mutex *lock = what;

    if (lock->owner)
        return false;
    lock->owner = &mkc_current(mkc_this_cpu())->task;
    return true;
}

void mkc_k_mutex_lock(struct mutex *lock)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_k_mkemu_might_sleep("mutex_lock", 0);
    if (cpu->current && READ_ONCE(lock->owner) == &cpu->current->task) {
        mkc_log(cpu->core, 3, "BUG: mutex_lock: %s/%d waits for a mutex that it holds", cpu->current->task.comm,
            cpu->current->task.pid);
        mkc_trace(cpu->core);
    }
    wait_for(&lock->wait, take_mutex, lock, MAX_SCHEDULE_TIMEOUT);
}

int mkc_k_mutex_trylock(struct mutex *lock)
{
    mkc_k_mkemu_spin_lock(&lock->wait.lock);
    bool taken = take_mutex(lock);
    mkc_k_mkemu_spin_unlock(&lock->wait.lock);
    return taken;
}

void mkc_k_mutex_unlock(struct mutex *lock)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_k_mkemu_spin_lock(&lock->wait.lock);
    bool own = lock->owner == &mkc_current(cpu)->task;
    lock->owner = NULL;
    mkc_k___wake_up_locked(&lock->wait, TASK_NORMAL, 1);
    mkc_k_mkemu_spin_unlock(&lock->wait.lock);
    if (!own) {
        mkc_log(cpu->core, 4, "WARNING: mutex_unlock: %s/%d does not hold it", mkc_current(cpu)->task.comm,
            mkc_current(cpu)->task.pid);
        mkc_trace(cpu->core);
    }
}

static bool take_semaphore(void *what)
{
    struct semaphore *lock = what;

    if (!lock->count)
        return false;
    lock->count--;
    return true;
}

/* 0, or -ETIME. */
int mkc_k_mkemu_down(struct semaphore *lock, long timeout)
{
    mkc_k_mkemu_might_sleep("down", 0);
    return wait_for(&lock->wait, take_semaphore, lock, timeout) ? 0 : -ETIME;
}

/* 1: it has none. */
int mkc_k_down_trylock(struct semaphore *lock)
{
    mkc_k_mkemu_spin_lock(&lock->wait.lock);
    bool taken = take_semaphore(lock);
    mkc_k_mkemu_spin_unlock(&lock->wait.lock);
    return !taken;
}

void mkc_k_up(struct semaphore *lock)
{
    mkc_k_mkemu_spin_lock(&lock->wait.lock);
    lock->count++;
    mkc_k___wake_up_locked(&lock->wait, TASK_NORMAL, 1);
    mkc_k_mkemu_spin_unlock(&lock->wait.lock);
}

/* A writer that waits lets no new reader in. */
static bool take_write(void *what)
{
    struct rw_semaphore *lock = what;

    if (lock->count)
        return false;
    lock->count = -1;
    return true;
}

static bool take_read(void *what)
{
    struct rw_semaphore *lock = what;

    if (lock->count < 0 || __atomic_load_n(&lock->writers, __ATOMIC_SEQ_CST))
        return false;
    lock->count++;
    return true;
}

int mkc_k_mkemu_rwsem_lock(struct rw_semaphore *lock, bool write, bool wait)
{
    bool (*take)(void *what) = write ? take_write : take_read;

    if (wait) {
        mkc_k_mkemu_might_sleep(write ? "down_write" : "down_read", 0);
        if (write)
            __atomic_fetch_add(&lock->writers, 1, __ATOMIC_SEQ_CST);
        wait_for(&lock->wait, take, lock, MAX_SCHEDULE_TIMEOUT);
        if (write)
            __atomic_fetch_sub(&lock->writers, 1, __ATOMIC_SEQ_CST);
        return 1;
    }
    mkc_k_mkemu_spin_lock(&lock->wait.lock);
    bool taken = take(lock);
    mkc_k_mkemu_spin_unlock(&lock->wait.lock);
    return taken;
}

void mkc_k_mkemu_rwsem_unlock(struct rw_semaphore *lock, bool write, bool downgrade)
{
    mkc_k_mkemu_spin_lock(&lock->wait.lock);
    lock->count = downgrade ? 1 : write ? 0 : lock->count - 1;
    mkc_k___wake_up_locked(&lock->wait, TASK_NORMAL, 0);
    mkc_k_mkemu_spin_unlock(&lock->wait.lock);
}
