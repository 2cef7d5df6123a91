/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mkemu_kmod_calls.h: every call that a module can make of its kernel: MKEMU_CALL(result, name, parameters, arguments).
 * Included several times, for the table and for what calls and fills it. Add at the end only, and raise
 * MKEMU_KMOD_VERSION.
 */
/* the C library's: compilers call some of these on their own */
MKEMU_CALL(void *, memcpy, (void *to, const void *from, size_t size), (to, from, size))
MKEMU_CALL(void *, memmove, (void *to, const void *from, size_t size), (to, from, size))
MKEMU_CALL(void *, memset, (void *to, int byte, size_t size), (to, byte, size))
MKEMU_CALL(int, memcmp, (const void *a, const void *b, size_t size), (a, b, size))
MKEMU_CALL(void *, memchr, (const void *s, int c, size_t size), (s, c, size))
MKEMU_CALL(size_t, strlen, (const char *s), (s))
MKEMU_CALL(size_t, strnlen, (const char *s, size_t size), (s, size))
MKEMU_CALL(int, strcmp, (const char *a, const char *b), (a, b))
MKEMU_CALL(int, strncmp, (const char *a, const char *b, size_t size), (a, b, size))
MKEMU_CALL(int, strcasecmp, (const char *a, const char *b), (a, b))
MKEMU_CALL(int, strncasecmp, (const char *a, const char *b, size_t size), (a, b, size))
MKEMU_CALL(char *, strcpy, (char *to, const char *from), (to, from))
MKEMU_CALL(char *, strncpy, (char *to, const char *from, size_t size), (to, from, size))
MKEMU_CALL(char *, strcat, (char *to, const char *from), (to, from))
MKEMU_CALL(char *, strncat, (char *to, const char *from, size_t size), (to, from, size))
MKEMU_CALL(char *, strchr, (const char *s, int c), (s, c))
MKEMU_CALL(char *, strrchr, (const char *s, int c), (s, c))
MKEMU_CALL(char *, strstr, (const char *s, const char *what), (s, what))
MKEMU_CALL(size_t, strspn, (const char *s, const char *of), (s, of))
MKEMU_CALL(size_t, strcspn, (const char *s, const char *of), (s, of))
MKEMU_CALL(char *, strpbrk, (const char *s, const char *of), (s, of))
MKEMU_CALL(int, vsscanf, (const char *text, const char *format, va_list args), (text, format, args))

/* printing, and what ends a kernel */
MKEMU_CALL(int, vsnprintf, (char *to, size_t size, const char *format, va_list args), (to, size, format, args))
MKEMU_CALL(int, mkemu_vprintk, (struct module *m, const char *format, va_list args), (m, format, args))
MKEMU_CALL(int, ___ratelimit, (struct ratelimit_state *state, const char *function), (state, function))
MKEMU_CALL(void, dump_stack, (void), ())
MKEMU_CALL(void, mkemu_bug, (const char *file, int line, const char *function), (file, line, function))
MKEMU_CALL(void, mkemu_vwarn, (const char *file, int line, const char *function, const char *format, va_list args),
    (file, line, function, format, args))
MKEMU_CALL(void, mkemu_vpanic, (const char *format, va_list args), (format, args))
MKEMU_CALL(void, mkemu_might_sleep, (const char *file, int line), (file, line))

/* multikernel.h */
MKEMU_CALL(struct mk_ipi_handler *, mkemu_register_handler, (struct module *m,
    void (*callback)(struct mk_ipi_data *data, void *context), void *context, unsigned int type),
    (m, callback, context, type))
MKEMU_CALL(void, multikernel_unregister_handler, (struct mk_ipi_handler *handler), (handler))
MKEMU_CALL(int, mkemu_kmod_send, (int instance, int cpu, const void *data, size_t size, unsigned long type),
    (instance, cpu, data, size, type))
MKEMU_CALL(int, mkemu_kmod_send_timeout, (int instance, const void *data, size_t size, unsigned long type, s64 timeout),
    (instance, data, size, type, timeout))
MKEMU_CALL(int, mk_send_pfn, (int instance, unsigned long pfn), (instance, pfn))
MKEMU_CALL(int, mkemu_kmod_revoke_pfn, (int instance, unsigned long pfn), (instance, pfn))
MKEMU_CALL(void *, mk_receive_map_page, (struct mk_ipi_data *data), (data))
MKEMU_CALL(int, mkemu_instance_of_cpu, (int physical_cpu), (physical_cpu))
MKEMU_CALL(struct mk_instance *, mk_instance_find, (int id), (id))
MKEMU_CALL(int, mkemu_instance_id, (void), ())
MKEMU_CALL(phys_addr_t, mkemu_kmod_pool_alloc, (struct module *m, size_t size, size_t align), (m, size, align))
MKEMU_CALL(int, mkemu_kmod_pool_free, (phys_addr_t address, size_t size), (address, size))

/* memory */
MKEMU_CALL(void *, mkemu_alloc, (struct module *m, size_t size, size_t align, gfp_t gfp), (m, size, align, gfp))
MKEMU_CALL(void, kfree, (const void *p), (p))
MKEMU_CALL(void *, mkemu_realloc, (struct module *m, const void *p, size_t size, gfp_t gfp), (m, p, size, gfp))
MKEMU_CALL(size_t, ksize, (const void *p), (p))
MKEMU_CALL(struct kmem_cache *, mkemu_cache_create, (struct module *m, const char *name, size_t size, size_t align,
    void (*constructor)(void *object)),
    (m, name, size, align, constructor))
MKEMU_CALL(void, kmem_cache_destroy, (struct kmem_cache *cache), (cache))
MKEMU_CALL(void *, kmem_cache_alloc, (struct kmem_cache *cache, gfp_t gfp), (cache, gfp))
MKEMU_CALL(void, kmem_cache_free, (struct kmem_cache *cache, void *object), (cache, object))
MKEMU_CALL(unsigned int, kmem_cache_size, (struct kmem_cache *cache), (cache))
MKEMU_CALL(struct page *, mkemu_alloc_pages, (struct module *m, gfp_t gfp, unsigned int order), (m, gfp, order))
MKEMU_CALL(void, __free_pages, (struct page *page, unsigned int order), (page, order))
MKEMU_CALL(void *, page_address, (const struct page *page), (page))
MKEMU_CALL(struct page *, virt_to_page, (const void *address), (address))
MKEMU_CALL(struct page *, pfn_to_page, (unsigned long pfn), (pfn))
MKEMU_CALL(phys_addr_t, mkemu_virt_to_phys, (const volatile void *address), (address))
MKEMU_CALL(void *, mkemu_phys_to_virt, (phys_addr_t address), (address))
MKEMU_CALL(void *, memremap, (resource_size_t address, size_t size, unsigned long flags), (address, size, flags))
MKEMU_CALL(void, memunmap, (void *address), (address))
MKEMU_CALL(void *, mkemu_per_cpu, (struct module *m, const volatile void *variable, int cpu), (m, variable, cpu))
MKEMU_CALL(void *, mkemu_alloc_percpu, (struct module *m, size_t size, size_t align), (m, size, align))
MKEMU_CALL(void, mkemu_free_percpu, (struct module *m, void *variable), (m, variable))

/* tasks and CPUs */
MKEMU_CALL(struct task_struct *, mkemu_current, (void), ())
MKEMU_CALL(int, mkemu_cpu, (void), ())
MKEMU_CALL(int, mkemu_physical_cpu, (void), ())
MKEMU_CALL(unsigned int, mkemu_cpus, (void), ())
MKEMU_CALL(struct task_struct *, mkemu_kthread_create, (struct module *m, int (*run)(void *data), void *data,
    int cpu, const char *name),
    (m, run, data, cpu, name))
MKEMU_CALL(void, kthread_bind, (struct task_struct *task, unsigned int cpu), (task, cpu))
MKEMU_CALL(int, kthread_stop, (struct task_struct *task), (task))
MKEMU_CALL(bool, kthread_should_stop, (void), ())
MKEMU_CALL(int, kthread_park, (struct task_struct *task), (task))
MKEMU_CALL(void, kthread_unpark, (struct task_struct *task), (task))
MKEMU_CALL(bool, kthread_should_park, (void), ())
MKEMU_CALL(void, kthread_parkme, (void), ())
MKEMU_CALL(void *, kthread_data, (struct task_struct *task), (task))
MKEMU_CALL(void, mkemu_kthread_exit, (struct completion *done, long result), (done, result))
MKEMU_CALL(void, mkemu_task_get, (struct task_struct *task), (task))
MKEMU_CALL(void, mkemu_task_put, (struct task_struct *task), (task))
MKEMU_CALL(void, schedule, (void), ())
MKEMU_CALL(long, schedule_timeout, (long timeout), (timeout))
MKEMU_CALL(int, mkemu_schedule_until, (s64 due), (due))
MKEMU_CALL(int, mkemu_cond_resched, (void), ())
MKEMU_CALL(int, mkemu_wake, (struct task_struct *task, unsigned int states), (task, states))
MKEMU_CALL(void, mkemu_preempt, (int by), (by))
MKEMU_CALL(unsigned long, mkemu_irqs, (unsigned long enabled), (enabled))
MKEMU_CALL(unsigned long, mkemu_atomic, (void), ())
MKEMU_CALL(void, mkemu_relax, (void), ())

/* waits and locks */
MKEMU_CALL(void, mkemu_spin_lock, (struct raw_spinlock *lock), (lock))
MKEMU_CALL(int, mkemu_spin_trylock, (struct raw_spinlock *lock), (lock))
MKEMU_CALL(void, mkemu_spin_unlock, (struct raw_spinlock *lock), (lock))
MKEMU_CALL(void, add_wait_queue, (struct wait_queue_head *head, struct wait_queue_entry *entry), (head, entry))
MKEMU_CALL(void, add_wait_queue_exclusive, (struct wait_queue_head *head, struct wait_queue_entry *entry),
    (head, entry))
MKEMU_CALL(void, remove_wait_queue, (struct wait_queue_head *head, struct wait_queue_entry *entry), (head, entry))
MKEMU_CALL(void, mkemu_prepare_to_wait, (struct wait_queue_head *head, struct wait_queue_entry *entry, int state,
    bool exclusive),
    (head, entry, state, exclusive))
MKEMU_CALL(void, finish_wait, (struct wait_queue_head *head, struct wait_queue_entry *entry), (head, entry))
MKEMU_CALL(int, default_wake_function, (struct wait_queue_entry *entry, unsigned int mode, int flags, void *key),
    (entry, mode, flags, key))
MKEMU_CALL(int, autoremove_wake_function, (struct wait_queue_entry *entry, unsigned int mode, int flags, void *key),
    (entry, mode, flags, key))
MKEMU_CALL(int, __wake_up, (struct wait_queue_head *head, unsigned int mode, int count, void *key),
    (head, mode, count, key))
MKEMU_CALL(void, __wake_up_locked, (struct wait_queue_head *head, unsigned int mode, int count), (head, mode, count))
MKEMU_CALL(void, complete, (struct completion *done), (done))
MKEMU_CALL(void, complete_all, (struct completion *done), (done))
MKEMU_CALL(long, mkemu_wait_for_completion, (struct completion *done, long timeout, int state), (done, timeout, state))
MKEMU_CALL(bool, try_wait_for_completion, (struct completion *done), (done))
MKEMU_CALL(bool, completion_done, (struct completion *done), (done))
MKEMU_CALL(void, mutex_lock, (struct mutex *lock), (lock))
MKEMU_CALL(int, mutex_trylock, (struct mutex *lock), (lock))
MKEMU_CALL(void, mutex_unlock, (struct mutex *lock), (lock))
MKEMU_CALL(int, mkemu_down, (struct semaphore *lock, long timeout), (lock, timeout))
MKEMU_CALL(int, down_trylock, (struct semaphore *lock), (lock))
MKEMU_CALL(void, up, (struct semaphore *lock), (lock))
MKEMU_CALL(int, mkemu_rwsem_lock, (struct rw_semaphore *lock, bool write, bool wait), (lock, write, wait))
MKEMU_CALL(void, mkemu_rwsem_unlock, (struct rw_semaphore *lock, bool write, bool downgrade), (lock, write, downgrade))

/* time */
MKEMU_CALL(u64, ktime_get_ns, (void), ())
MKEMU_CALL(u64, ktime_get_real_ns, (void), ())
MKEMU_CALL(u64, get_random_u64, (void), ())
MKEMU_CALL(int, mkemu_timer_mod, (struct module *m, struct timer_list *timer, unsigned long expires, int cpu, int how),
    (m, timer, expires, cpu, how))
MKEMU_CALL(int, mkemu_timer_delete, (struct timer_list *timer, int how), (timer, how))
MKEMU_CALL(void, mkemu_hrtimer_start, (struct module *m, struct hrtimer *timer, ktime_t time, int mode),
    (m, timer, time, mode))
MKEMU_CALL(int, mkemu_hrtimer_cancel, (struct hrtimer *timer, bool wait), (timer, wait))
MKEMU_CALL(bool, mkemu_hrtimer_running, (const struct hrtimer *timer), (timer))

/* work */
MKEMU_CALL(bool, mkemu_irq_work_queue, (struct module *m, struct irq_work *work, int cpu), (m, work, cpu))
MKEMU_CALL(void, irq_work_sync, (struct irq_work *work), (work))
MKEMU_CALL(void, mkemu_tasklet_schedule, (struct module *m, struct tasklet_struct *tasklet, bool high),
    (m, tasklet, high))
MKEMU_CALL(void, tasklet_kill, (struct tasklet_struct *tasklet), (tasklet))
MKEMU_CALL(void, mkemu_tasklet_disable, (struct tasklet_struct *tasklet, bool wait), (tasklet, wait))
MKEMU_CALL(void, tasklet_enable, (struct tasklet_struct *tasklet), (tasklet))
MKEMU_CALL(struct workqueue_struct *, mkemu_workqueue_create, (struct module *m, const char *name,
    unsigned int flags, int max_active),
    (m, name, flags, max_active))
MKEMU_CALL(void, destroy_workqueue, (struct workqueue_struct *queue), (queue))
MKEMU_CALL(struct workqueue_struct *, mkemu_system_workqueue, (int which), (which))
MKEMU_CALL(bool, mkemu_work_queue, (struct module *m, int cpu, struct workqueue_struct *queue,
    struct work_struct *work),
    (m, cpu, queue, work))
MKEMU_CALL(bool, mkemu_delayed_work_queue, (struct module *m, int cpu, struct workqueue_struct *queue,
    struct delayed_work *work, unsigned long delay, bool modify),
    (m, cpu, queue, work, delay, modify))
MKEMU_CALL(bool, flush_work, (struct work_struct *work), (work))
MKEMU_CALL(bool, flush_delayed_work, (struct delayed_work *work), (work))
MKEMU_CALL(bool, mkemu_work_cancel, (struct work_struct *work, bool wait, int disable), (work, wait, disable))
MKEMU_CALL(bool, mkemu_delayed_work_cancel, (struct delayed_work *work, bool wait), (work, wait))
MKEMU_CALL(bool, enable_work, (struct work_struct *work), (work))
MKEMU_CALL(void, mkemu_flush_workqueue, (struct workqueue_struct *queue, bool drain), (queue, drain))
MKEMU_CALL(unsigned int, work_busy, (struct work_struct *work), (work))
MKEMU_CALL(int, mkemu_call_function, (int cpu, void (*function)(void *info), void *info, bool wait),
    (cpu, function, info, wait))
MKEMU_CALL(void, synchronize_rcu, (void), ())
MKEMU_CALL(void, mkemu_call_rcu, (struct module *m, struct rcu_head *head, rcu_callback_t function),
    (m, head, function))
MKEMU_CALL(void, rcu_barrier, (void), ())

/* numbers and texts */
MKEMU_CALL(int, kstrtoull, (const char *text, unsigned int base, unsigned long long *result), (text, base, result))
MKEMU_CALL(int, kstrtoll, (const char *text, unsigned int base, long long *result), (text, base, result))
MKEMU_CALL(unsigned long long, simple_strtoull, (const char *text, char **end, unsigned int base), (text, end, base))
MKEMU_CALL(unsigned long long, memparse, (const char *text, char **end), (text, end))
MKEMU_CALL(u32, mkemu_crc32, (u32 crc, const void *data, size_t size, int kind), (crc, data, size, kind))

/* reading out */
MKEMU_CALL(struct dentry *, mkemu_show_create, (struct module *m, struct dentry *parent, const char *name,
    const void *operations, void *data, int kind),
    (m, parent, name, operations, data, kind))
MKEMU_CALL(void, mkemu_show_remove, (struct dentry *entry), (entry))
MKEMU_CALL(struct dentry *, mkemu_show_lookup, (const char *name, struct dentry *parent), (name, parent))
MKEMU_CALL(void, mkemu_seq_vprintf, (struct seq_file *file, const char *format, va_list args), (file, format, args))
MKEMU_CALL(void, mkemu_seq_write, (struct seq_file *file, const void *data, size_t size), (file, data, size))

/* version 2: messages */
MKEMU_CALL(int, mkemu_register_msg_handler, (struct module *m, u32 type,
    void (*handler)(u32 type, u32 subtype, void *payload, u32 length, void *context), void *context),
    (m, type, handler, context))
MKEMU_CALL(int, mk_unregister_msg_handler, (u32 type,
    void (*handler)(u32 type, u32 subtype, void *payload, u32 length, void *context)),
    (type, handler))
MKEMU_CALL(int, mk_send_message, (int instance, u32 type, u32 subtype, const void *payload, u32 length),
    (instance, type, subtype, payload, length))
MKEMU_CALL(int, mk_broadcast_message, (u32 type, u32 subtype, const void *payload, u32 length),
    (type, subtype, payload, length))
MKEMU_CALL(struct mk_pending_msg *, mkemu_msg_pending_add, (struct module *m, int instance, u32 type, u32 subtype,
    const void *payload, u32 length, s64 timeout),
    (m, instance, type, subtype, payload, length, timeout))
MKEMU_CALL(int, mk_msg_pending_wait, (struct mk_pending_msg *pending, void *answer, u32 size),
    (pending, answer, size))
MKEMU_CALL(u64, mk_message_ticket, (void), ())
MKEMU_CALL(int, mk_answer_message, (u64 ticket, const void *payload, u32 length), (ticket, payload, length))
MKEMU_CALL(int, mk_message_sender, (u64 *life), (life))
MKEMU_CALL(u64, mk_instance_life, (int instance), (instance))
