// SPDX-License-Identifier: GPL-2.0-only
/* Requests and answers: a completion for each request in an idr-like table, an llist of free ones, kref, rwsem, per-CPU
 * counters, a delayed work that gives up, a notifier by timer.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/llist.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <linux/bitmap.h>
#include <linux/ktime.h>
#include <linux/err.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <linux/multikernel.h>

enum { REQ = 0x51, ANS = 0x52 };
#define NREQ 8

struct msg {
	__le32 tag;
	__le64 value;
} __packed;

struct req {
	struct kref ref;
	u32 tag;
	u64 answer;
	struct completion done;
	struct llist_node free;
};

static int peer;
module_param(peer, int, S_IRUGO);
static unsigned int rounds = 50;
module_param(rounds, uint, S_IRUGO);

static struct req *table[NREQ];
static DECLARE_BITMAP(used, NREQ);
static DEFINE_SPINLOCK(table_lock);
static LLIST_HEAD(to_free);
static DECLARE_RWSEM(config_sem);
static DEFINE_MUTEX(stat_mutex);
static DEFINE_PER_CPU(u64, handled);
static struct mk_ipi_handler *h_req, *h_ans;
static struct kmem_cache *cache;
static struct timer_list watchdog;
static unsigned long ticks;

static void free_fn(struct work_struct *w)
{
	struct llist_node *list = llist_del_all(&to_free);
	struct req *r, *n;

	llist_for_each_entry_safe(r, n, list, free)
		kmem_cache_free(cache, r);
}
static DECLARE_DELAYED_WORK(free_work, free_fn);

static void req_release(struct kref *ref)
{
	struct req *r = container_of(ref, struct req, ref);

	if (llist_add(&r->free, &to_free))
		schedule_delayed_work(&free_work, 1);
}

static struct req *req_new(void)
{
	struct req *r = kmem_cache_zalloc(cache, GFP_KERNEL);
	int tag;

	if (!r)
		return ERR_PTR(-ENOMEM);
	kref_init(&r->ref);
	init_completion(&r->done);
	spin_lock_bh(&table_lock);
	tag = find_first_zero_bit(used, NREQ);
	if (tag < NREQ) {
		__set_bit(tag, used);
		table[tag] = r;
	}
	spin_unlock_bh(&table_lock);
	if (tag >= NREQ) {
		kref_put(&r->ref, req_release);
		return ERR_PTR(-EBUSY);
	}
	r->tag = tag;
	return r;
}

static void on_req(struct mk_ipi_data *data, void *ctx)
{
	struct msg m;
	int to = mk_instance_of_cpu(data->sender_cpu);

	if (data->data_size != sizeof(m))
		return;
	memcpy(&m, data->buffer, sizeof(m));
	put_unaligned(cpu_to_le64(le64_to_cpu(get_unaligned(&m.value)) * 2), &m.value);
	this_cpu_inc(handled);
	if (multikernel_send_ipi_data(to, &m, sizeof(m), ANS))
		pr_warn_ratelimited("no answer to %d\n", to);
}

static void on_ans(struct mk_ipi_data *data, void *ctx)
{
	struct msg m;
	struct req *r = NULL;
	u32 tag;

	memcpy(&m, data->buffer, sizeof(m));
	tag = le32_to_cpu(m.tag);
	spin_lock(&table_lock);
	if (tag < NREQ && test_bit(tag, used))
		r = table[tag];
	if (r)
		kref_get(&r->ref);
	spin_unlock(&table_lock);
	if (!r)
		return;
	r->answer = le64_to_cpu(m.value);
	complete(&r->done);
	kref_put(&r->ref, req_release);
}

static int call(u64 value, u64 *answer)
{
	struct req *r = req_new();
	struct msg m;
	int ret;

	if (IS_ERR(r))
		return PTR_ERR(r);
	m.tag = cpu_to_le32(r->tag);
	m.value = cpu_to_le64(value);
	do {
		ret = multikernel_send_ipi_data(peer, &m, sizeof(m), REQ);
		if (!ret && !wait_for_completion_interruptible_timeout(&r->done, msecs_to_jiffies(200)))
			ret = -ETIMEDOUT;
	} while (ret == -ETIMEDOUT || ret == -ENOSPC || ret == -EINVAL);
	*answer = r->answer;
	spin_lock_bh(&table_lock);
	__clear_bit(r->tag, used);
	table[r->tag] = NULL;
	spin_unlock_bh(&table_lock);
	kref_put(&r->ref, req_release);
	return ret;
}

static void tick(struct timer_list *t)
{
	ticks++;
	mod_timer(t, jiffies + HZ / 100);
}

static int caller(void *data)
{
	unsigned int i, bad = 0;
	ktime_t start = ktime_get();
	u64 answer = 0;

	for (i = 0; i < rounds && !kthread_should_stop(); i++) {
		down_read(&config_sem);
		if (call(i, &answer) || answer != 2ULL * i)
			bad++;
		up_read(&config_sem);
		if (i == rounds / 2) {
			down_write(&config_sem);
			downgrade_write(&config_sem);
			up_read(&config_sem);
		}
	}
	mutex_lock(&stat_mutex);
	pr_info("%u calls, %u wrong, %s\n", i, bad, ktime_to_us(ktime_sub(ktime_get(), start)) >= 0 ? "in time" : "?");
	mutex_unlock(&stat_mutex);
	return 0;
}

static int __init pingpong_init(void)
{
	struct task_struct *t;

	cache = KMEM_CACHE(req, SLAB_HWCACHE_ALIGN);
	if (!cache)
		return -ENOMEM;
	h_req = multikernel_register_handler(on_req, NULL, REQ);
	h_ans = multikernel_register_handler(on_ans, NULL, ANS);
	timer_setup(&watchdog, tick, 0);
	mod_timer(&watchdog, jiffies + 1);
	t = kthread_create(caller, NULL, "caller");
	if (IS_ERR(t))
		return PTR_ERR(t);
	wake_up_process(t);
	return 0;
}

static void __exit pingpong_exit(void)
{
	u64 sum = 0;
	int cpu;

	del_timer_sync(&watchdog);
	multikernel_unregister_handler(h_req);
	multikernel_unregister_handler(h_ans);
	flush_delayed_work(&free_work);
	kmem_cache_destroy(cache);
	for_each_possible_cpu(cpu)
		sum += per_cpu(handled, cpu);
	pr_info("handled %llu\n", sum);
}

module_init(pingpong_init);
module_exit(pingpong_exit);
MODULE_LICENSE("GPL");
