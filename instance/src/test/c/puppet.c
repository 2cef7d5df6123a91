// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does what a test says, on each CPU of its kernel: io.mkemu.kernel.Puppet is the other end. A page for each CPU lies
 * between them. The CPU calls up: its kthread when the test wants it, a callback with its message, a task for its next
 * step. Then it does one request after the other until the test lets it go on; meanwhile it does nothing else.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/smp.h>
#include <linux/multikernel.h>

enum { RUN = 1, HANDLER, STEP };
enum { GO_ON, SEND, SEND_TO_CPU, SEND_TIMEOUT, REGISTER, UNREGISTER, SEND_PFN, RECEIVE_PFN, MAP_PAGE, UNMAP_PAGE, READ,
	ALLOC, FREE, REMAP, START, INSTANCE_OF_CPU, PHYSICAL_CPU };
enum { MOST_CPUS = 8, MOST_HANDLERS = 4096, NOBODYS = MOST_HANDLERS };

/* The page. Java has the same offsets. */
struct wire {
	u32 wanted;
	u32 up, kind, number;
	u32 request, reply, op, unused;
	s64 args[6];
	s64 result;
	u64 value;
	char message[sizeof(struct mk_ipi_data)] __attribute__((aligned(512)));
	char data[1024] __attribute__((aligned(512)));
};

static struct wire *wires[MOST_CPUS];
static struct mk_ipi_handler *handlers[MOST_HANDLERS];
static struct task_struct *kthreads[MOST_CPUS];
static struct mk_ipi_handler nobodys;

static s64 upcall(u32 kind, u32 number, struct mk_ipi_data *message);

static void on_message(struct mk_ipi_data *message, void *context)
{
	upcall(HANDLER, (u32)(uintptr_t)context, message);
}

static int run_task(void *data)
{
	s64 wait;

	while ((wait = upcall(STEP, (u32)(uintptr_t)data, NULL)) >= 0) {
		if (wait)
			usleep_range(wait / 1000 + 1, wait / 1000 + 2);
		else
			cond_resched();
	}
	return 0;
}

static s64 free_handler(u32 number)
{
	struct mk_ipi_handler *handler = number == NOBODYS ? &nobodys : handlers[number];

	multikernel_unregister_handler(handler);
	return 0;
}

static s64 serve(struct wire *w, struct mk_ipi_data *message)
{
	const s64 *args = w->args;
	void *data = args[5] ? w->data : NULL, *pool = mk_instance_find(mk_this_instance_id())->instance_pool;
	unsigned long pfn = 0;
	s64 result;

	switch (w->op) {
	case SEND:
		return multikernel_send_ipi_data((int)args[0], data, (size_t)args[1], (unsigned long)args[2]);
	case SEND_TO_CPU:
		return mk_send_ipi_data_to_cpu((int)args[0], (int)args[3], data, (size_t)args[1], (unsigned long)args[2]);
	case SEND_TIMEOUT:
		return mk_send_ipi_data_timeout((int)args[0], data, (size_t)args[1], (unsigned long)args[2], args[3]);
	case REGISTER:
		handlers[args[0]] = multikernel_register_handler(args[2] ? on_message : NULL, (void *)(uintptr_t)args[0],
			(unsigned int)args[1]);
		return handlers[args[0]] != NULL;
	case UNREGISTER:
		return free_handler((u32)args[0]);
	case SEND_PFN:
		return mk_send_pfn((int)args[0], (unsigned long)args[1]);
	case RECEIVE_PFN:
		result = mk_receive_pfn(args[0] ? message : NULL, &pfn);
		w->value = pfn;
		return result;
	case MAP_PAGE:
		return (s64)(uintptr_t)mk_receive_map_page(args[0] ? message : NULL);
	case UNMAP_PAGE:
		mk_receive_unmap_page((void *)(uintptr_t)args[0]);
		return 0;
	case READ:
		memcpy(w->data, (void *)(uintptr_t)args[0], sizeof(w->data));
		return 0;
	case ALLOC:
		return (s64)multikernel_instance_alloc(pool, (size_t)args[0], (size_t)args[1]);
	case FREE:
		multikernel_instance_free(pool, (phys_addr_t)args[0], (size_t)args[1]);
		return 0;
	case REMAP:
		return (s64)(uintptr_t)memremap((resource_size_t)args[0], (size_t)args[1], MEMREMAP_WB);
	case START:
		return IS_ERR(kthread_run(run_task, (void *)(uintptr_t)args[0], "task"));
	case INSTANCE_OF_CPU:
		return mk_instance_of_cpu((int)args[0]);
	case PHYSICAL_CPU:
		return arch_cpu_physical_id(smp_processor_id());
	default:
		return -ENOSYS;
	}
}

static s64 upcall(u32 kind, u32 number, struct mk_ipi_data *message)
{
	struct wire *w = wires[smp_processor_id()];
	u32 done = w->request;

	if (message)
		memcpy(w->message, message, sizeof(*message));
	w->kind = kind;
	w->number = number;
	smp_store_release(&w->up, w->up + 1);
	for (;;) {
		while (smp_load_acquire(&w->request) == done) {
			/* What the callback looks at, as it is now: only in a slot does it change. */
			if (message)
				memcpy(w->message, message, sizeof(*message));
			cpu_relax();
		}
		done = w->request;
		if (w->op == GO_ON)
			return w->args[0];
		w->result = serve(w, message);
		smp_store_release(&w->reply, done);
	}
}

static int serve_cpu(void *data)
{
	struct wire *w = data;

	while (!kthread_should_stop()) {
		if (smp_load_acquire(&w->wanted)) {
			w->wanted = 0;
			upcall(RUN, 0, NULL);
			cond_resched();
		} else {
			usleep_range(100, 200);
		}
	}
	return 0;
}

static int __init puppet_init(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < num_online_cpus() && cpu < MOST_CPUS; cpu++) {
		wires[cpu] = (struct wire *)get_zeroed_page(GFP_KERNEL);
		if (!wires[cpu])
			return -ENOMEM;
		pr_info("puppet: CPU %u at 0x%llx\n", cpu, (unsigned long long)virt_to_phys(wires[cpu]));
	}
	for (cpu = 0; cpu < num_online_cpus() && cpu < MOST_CPUS; cpu++) {
		kthreads[cpu] = kthread_create(serve_cpu, wires[cpu], "puppet/%u", cpu);
		kthread_bind(kthreads[cpu], cpu);
		wake_up_process(kthreads[cpu]);
	}
	return 0;
}

static void __exit puppet_exit(void)
{
	unsigned int cpu;
	u32 number;

	for (cpu = 0; cpu < num_online_cpus() && cpu < MOST_CPUS; cpu++)
		kthread_stop(kthreads[cpu]);
	for (number = 0; number < MOST_HANDLERS; number++)
		if (handlers[number])
			multikernel_unregister_handler(handlers[number]);
}

module_init(puppet_init);
module_exit(puppet_exit);
MODULE_LICENSE("GPL");
