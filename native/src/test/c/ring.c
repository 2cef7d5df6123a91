// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring in a shared page: the producer stores with release, the consumer loads with acquire; the bell is an IPI, and
 * what it asks for is done by a work. A heartbeat by hrtimer; a kthread that can be parked.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>
#include <linux/kthread.h>
#include <linux/wait.h>
#include <linux/completion.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/jiffies.h>
#include <linux/delay.h>
#include <linux/multikernel.h>

#define RING_BELL	0x77
#define RING_SLOTS	64

struct ring {
	u32 head;
	u32 pad[15];
	u32 tail;
	u32 pad2[15];
	u64 slot[RING_SLOTS];
};

static int peer = -1;
module_param(peer, int, 0444);
static unsigned int count = 1000;
module_param(count, uint, 0444);

static struct page *page;
static struct ring *ring;		/* ours, or the peer's */
static struct mk_ipi_handler *bell, *pages;
static struct workqueue_struct *wq;
static struct work_struct drain;
static struct hrtimer heartbeat;
static atomic_t beats = ATOMIC_INIT(0);
static DECLARE_COMPLETION(mapped);
static DECLARE_WAIT_QUEUE_HEAD(done_wait);
static bool done;
static u64 sum, got;
static struct task_struct *beater;

static void drain_fn(struct work_struct *work)
{
	u32 tail = READ_ONCE(ring->tail);

	while (tail != smp_load_acquire(&ring->head)) {
		sum += ring->slot[tail % RING_SLOTS];
		got++;
		smp_store_release(&ring->tail, ++tail);
	}
	if (got == count) {
		WRITE_ONCE(done, true);
		wake_up_interruptible(&done_wait);
	}
}

static void on_bell(struct mk_ipi_data *data, void *ctx)
{
	if (ring)
		queue_work(wq, &drain);
}

static void on_page(struct mk_ipi_data *data, void *ctx)
{
	if (ring)
		return;		/* told again: it was not yet taken */
	ring = mk_receive_map_page(data);
	if (ring)
		complete(&mapped);
}

static enum hrtimer_restart beat(struct hrtimer *t)
{
	if (atomic_inc_return(&beats) >= 5)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(t, ms_to_ktime(1));
	return HRTIMER_RESTART;
}

static int beater_fn(void *data)
{
	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop() && !kthread_should_park())
			schedule_timeout(msecs_to_jiffies(1));
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static int producer(void *data)
{
	u32 head = 0;
	long left;
	u32 i;

	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return -ENOMEM;
	ring = page_address(page);
	for (i = 1; i <= count; i++) {
		while (head - smp_load_acquire(&ring->tail) == RING_SLOTS)
			if (smp_load_acquire(&ring->tail))
				usleep_range(20, 50);
			else if (mk_send_pfn(peer, page_to_pfn(page)) || !msleep_interruptible(1))
				continue;
		ring->slot[head % RING_SLOTS] = i;
		smp_store_release(&ring->head, ++head);
		if (multikernel_send_ipi_data(peer, NULL, 0, RING_BELL) == -ENOSPC)
			cond_resched();
	}
	while (smp_load_acquire(&ring->tail) != head) {
		multikernel_send_ipi_data(peer, NULL, 0, RING_BELL);
		msleep(1);
	}
	left = wait_event_interruptible_timeout(done_wait, READ_ONCE(done), msecs_to_jiffies(10));
	pr_info("produced %u, timeout %s\n", count, left == 0 ? "as told" : "wrong");
	return 0;
}

static int consumer(void *data)
{
	if (!wait_for_completion_timeout(&mapped, 60 * HZ))
		return -ETIMEDOUT;
	queue_work(wq, &drain);
	if (wait_event_interruptible(done_wait, READ_ONCE(done)))
		return -ERESTARTSYS;
	pr_info("consumed %llu, sum %llu\n", got, sum);
	return 0;
}

static int state_show(struct seq_file *m, void *v)
{
	seq_printf(m, "beats %d got %llu\n", atomic_read(&beats), got);
	return 0;
}

static int __init ring_init(void)
{
	wq = alloc_ordered_workqueue("ring", 0);
	if (!wq)
		return -ENOMEM;
	INIT_WORK(&drain, drain_fn);
	bell = multikernel_register_handler(on_bell, NULL, RING_BELL);
	if (peer < 0)
		pages = multikernel_register_handler(on_page, NULL, MK_PFN_IPI_TYPE);
	hrtimer_init(&heartbeat, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	heartbeat.function = beat;
	hrtimer_start(&heartbeat, ms_to_ktime(1), HRTIMER_MODE_REL);
	proc_create_single("ring", 0444, NULL, state_show);
	beater = kthread_run(beater_fn, NULL, "beater/%d", 0);
	kthread_park(beater);
	kthread_unpark(beater);
	kthread_stop(beater);
	return PTR_ERR_OR_ZERO(kthread_run(peer < 0 ? consumer : producer, NULL, "ring"));
}

static void __exit ring_exit(void)
{
	hrtimer_cancel(&heartbeat);
	remove_proc_entry("ring", NULL);
	multikernel_unregister_handler(bell);
	multikernel_unregister_handler(pages);
	destroy_workqueue(wq);
	if (page)
		__free_page(page);
	else if (ring)
		mk_receive_unmap_page(ring);
}

module_init(ring_init);
module_exit(ring_exit);
MODULE_LICENSE("GPL v2");
