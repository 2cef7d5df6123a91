// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers by RCU, locks by name in a hash table, a fifo of what happened, statistics in debugfs: what a Linux engineer
 * writes from memory.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/rculist.h>
#include <linux/hashtable.h>
#include <linux/kfifo.h>
#include <linux/sizes.h>
#include <linux/overflow.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/kthread.h>
#include <linux/delay.h>
#include <linux/multikernel.h>

#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

struct peer {
	int id;
	atomic64_t seen;
	struct list_head node;
	struct rcu_head rcu;
};

struct lock_entry {
	u32 key;
	int owner;
	struct hlist_node hash;
};

static LIST_HEAD(peers);
static DEFINE_SPINLOCK(peers_lock);
static DEFINE_HASHTABLE(locks, 4);
static DEFINE_SPINLOCK(locks_lock);
static DEFINE_KFIFO(events, u32, 16);
static struct dentry *dir;
static struct task_struct *worker;
static u32 grants;

static int limit_set(const char *val, const struct kernel_param *kp)
{
	int n, ret = kstrtoint(val, 0, &n);

	if (ret)
		return ret;
	if (n < 1 || n > 64)
		return -EINVAL;
	return param_set_int(val, kp);
}

static const struct kernel_param_ops limit_ops = {
	.set = limit_set,
	.get = param_get_int,
};

static int limit = 8;
module_param_cb(limit, &limit_ops, &limit, 0644);
MODULE_PARM_DESC(limit, "how many peers there may be (1..64)");

static struct peer *peer_find(int id)
{
	struct peer *p;

	list_for_each_entry_rcu(p, &peers, node)
		if (p->id == id)
			return p;
	return NULL;
}

static int peer_add(int id)
{
	struct peer *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->id = id;
	spin_lock(&peers_lock);
	list_add_tail_rcu(&p->node, &peers);
	spin_unlock(&peers_lock);
	return 0;
}

static void peer_del(int id)
{
	struct peer *p;

	spin_lock(&peers_lock);
	p = peer_find(id);
	if (p) {
		list_del_rcu(&p->node);
		kfree_rcu(p, rcu);
	}
	spin_unlock(&peers_lock);
}

static bool lock_take(u32 key, int owner)
{
	struct lock_entry *e;
	unsigned long flags;
	bool taken = false;

	spin_lock_irqsave(&locks_lock, flags);
	hash_for_each_possible(locks, e, hash, key)
		if (e->key == key)
			goto out;
	e = kmalloc(sizeof(*e), GFP_ATOMIC);
	if (!e)
		goto out;
	e->key = key;
	e->owner = owner;
	hash_add(locks, &e->hash, key);
	taken = true;
	grants++;
out:
	spin_unlock_irqrestore(&locks_lock, flags);
	return taken;
}

static void lock_drop_all(int owner)
{
	struct lock_entry *e;
	struct hlist_node *tmp;
	int bkt;

	spin_lock(&locks_lock);
	hash_for_each_safe(locks, bkt, tmp, e, hash) {
		if (e->owner != owner)
			continue;
		hash_del(&e->hash);
		kfree(e);
	}
	spin_unlock(&locks_lock);
}

static int stats_show(struct seq_file *m, void *v)
{
	struct peer *p;

	seq_printf(m, "grants %u\n", grants);
	rcu_read_lock();
	list_for_each_entry_rcu(p, &peers, node)
		seq_printf(m, "peer %d seen %lld\n", p->id, (long long)atomic64_read(&p->seen));
	rcu_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int work(void *data)
{
	struct peer *p;
	u32 e, sum = 0, n = 0;
	size_t bytes;
	int i;

	for (i = 0; i < limit; i++)
		if (peer_add(i))
			return -ENOMEM;
	for (i = 0; i < 40; i++) {
		rcu_read_lock();
		p = peer_find(i % limit);
		if (p)
			atomic64_inc(&p->seen);
		rcu_read_unlock();
		if (lock_take(i % 10, i % 2) && !kfifo_put(&events, i))
			pr_warn("event %d lost\n", i);
	}
	while (kfifo_get(&events, &e)) {
		sum += e;
		n++;
	}
	for (i = 1; i < limit; i++)
		peer_del(i);
	lock_drop_all(0);
	rcu_barrier();
	if (check_mul_overflow((size_t)SZ_1G, (size_t)SZ_1G * 16, &bytes))
		pr_info("overflows\n");
	pr_info("%u events, sum %u, %s, %zu\n", n, sum, hash_empty(locks) ? "no lock" : "locks left",
		sizeof(*p));
	return 0;
}

static int __init peers_init(void)
{
	hash_init(locks);
	INIT_KFIFO(events);
	dir = debugfs_create_dir("peers", NULL);
	debugfs_create_file("stats", 0444, dir, NULL, &stats_fops);
	debugfs_create_u32("grants", 0444, dir, &grants);
	worker = kthread_run(work, NULL, "peers");
	return PTR_ERR_OR_ZERO(worker);
}

static void __exit peers_exit(void)
{
	debugfs_remove_recursive(dir);
	lock_drop_all(1);
	peer_del(0);
	rcu_barrier();
}

module_init(peers_init);
module_exit(peers_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("A Linux engineer");
MODULE_DESCRIPTION("peers and locks");
