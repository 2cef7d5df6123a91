/* SPDX-License-Identifier: Apache-2.0 */
/* linux/multikernel.h: the calls of the multikernel RFC (v2, patch 13/16), and mkemu's own. */
#ifndef MKEMU_LINUX_MULTIKERNEL_H
#define MKEMU_LINUX_MULTIKERNEL_H

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/string.h>
#include <mkemu_kmod.h>

#define MK_MAX_DATA_SIZE 256
#define MK_MAX_INSTANCES 256
#define MK_PFN_IPI_TYPE 0x80000001U

/* A message. In a single-slot mailbox it may change while the callback looks at it. */
struct mk_ipi_data {
    int sender_cpu; /* physical */
    unsigned int type;
    size_t data_size;
    char buffer[MK_MAX_DATA_SIZE];
};

typedef void (*mk_ipi_callback_t)(struct mk_ipi_data *data, void *ctx);

/* saved_data, work and next are not used: the mailbox below queues the callbacks. */
struct mk_ipi_handler {
    mk_ipi_callback_t callback;
    void *context;
    unsigned int ipi_type;
    struct mk_ipi_handler *next;
    struct mk_ipi_data *saved_data;
    struct irq_work work;
};

struct mk_ipi_handler *mkemu_register_handler(struct module *m, mk_ipi_callback_t callback, void *context,
    unsigned int type);
int mkemu_kmod_send(int instance, int cpu, const void *data, size_t size, unsigned long type);
int mkemu_kmod_send_timeout(int instance, const void *data, size_t size, unsigned long type, s64 timeout);
int mkemu_kmod_revoke_pfn(int instance, unsigned long pfn);
int mkemu_instance_of_cpu(int physical_cpu);
int mkemu_instance_id(void);
phys_addr_t mkemu_kmod_pool_alloc(struct module *m, size_t size, size_t align);
int mkemu_kmod_pool_free(phys_addr_t address, size_t size);

/* The RFC's. A callback runs in interrupt context: it must not sleep. */
#define multikernel_register_handler(callback, ctx, type) \
    mkemu_register_handler(&mkemu_kmod, (callback), (ctx), (type))
void multikernel_unregister_handler(struct mk_ipi_handler *handler);
int multikernel_send_ipi_data(int instance_id, void *data, size_t data_size, unsigned long type);
int mk_send_pfn(int instance_id, unsigned long pfn);
void *mk_receive_map_page(struct mk_ipi_data *data);
#define mk_receive_unmap_page(p) memunmap(p)

static inline int mk_receive_pfn(struct mk_ipi_data *data, unsigned long *out_pfn)
{
    if (!data || !out_pfn || data->type != MK_PFN_IPI_TYPE || data->data_size != sizeof *out_pfn)
        return -EINVAL;
    memcpy(out_pfn, data->buffer, sizeof *out_pfn);
    return 0;
}

/* Of the RFC's other patches: an instance, as it is now. instance_pool is that of the own instance only, else NULL. */
enum mk_instance_state {
    MK_STATE_EMPTY, MK_STATE_READY, MK_STATE_LOADED, MK_STATE_ACTIVE, MK_STATE_FAILED
};

struct mk_instance {
    int id;
    const char *name;
    enum mk_instance_state state;
    struct cpumask *cpus; /* physical ids */
    void *instance_pool;
};

struct mk_instance *mk_instance_find(int id);

/* pool_handle is instance_pool of the own instance; 0 when it is full, or another's. */
#define multikernel_instance_alloc(pool_handle, size, align) \
    ((pool_handle) ? mkemu_kmod_pool_alloc(&mkemu_kmod, (size), (align)) : (phys_addr_t)0)
#define multikernel_instance_free(pool_handle, address, size) \
    ((void)(pool_handle), (void)mkemu_kmod_pool_free((address), (size)))

/*
 * Messages with a type and a subtype, above IPIs: the RFC's messaging layer (patch 14/16). A kernel in Java has the same
 * as io.mkemu.message, and the two talk to each other. A type has one handler; it runs in interrupt context, on the boot
 * CPU, and its payload is there until it returns.
 */
#define MK_MSG_IO 0x1000U
#define MK_MSG_RESOURCE 0x2000U
#define MK_MSG_SYSTEM 0x3000U
#define MK_MSG_USER 0x4000U
#define MK_MSG_NETWORK 0x5000U
#define MK_SYS_HEARTBEAT (MK_MSG_SYSTEM + 1) /* answered below */
#define MK_SYS_SHUTDOWN (MK_MSG_SYSTEM + 2)
#define MK_MAX_PAYLOAD 224

struct mk_message {
    u32 msg_type, msg_subtype;
    u64 msg_id;
    u32 payload_len;
    u32 kind, life, client; /* of calls */
    u8 payload[MK_MAX_PAYLOAD];
};

struct mk_pending_msg;
typedef void (*mk_msg_handler_t)(u32 msg_type, u32 subtype, void *payload, u32 payload_len, void *ctx);

int mkemu_register_msg_handler(struct module *m, u32 msg_type, mk_msg_handler_t handler, void *ctx);
int mk_unregister_msg_handler(u32 msg_type, mk_msg_handler_t handler); /* -ENOENT, -EDEADLK: from inside it */
int mk_send_message(int instance_id, u32 msg_type, u32 subtype, const void *payload, u32 payload_len);
struct mk_pending_msg *mkemu_msg_pending_add(struct module *m, int instance_id, u32 msg_type, u32 subtype,
    const void *payload, u32 payload_len, s64 timeout);
int mk_msg_pending_wait(struct mk_pending_msg *pending, void *answer, u32 size);

/* 0; -EINVAL: type (1 .. 0xffff) or handler; -EEXIST: the type has one; -ENOMEM. */
#define mk_register_msg_handler(msg_type, handler, ctx) \
    mkemu_register_msg_handler(&mkemu_kmod, (msg_type), (handler), (ctx))

/*
 * Asks an instance, and waits for its answer up to timeout ns; meanwhile the request is repeated, and handled once. Add
 * may be said in interrupt context, wait only where one may sleep, on the same CPU, once for each that was added: it
 * ends the call. Add: an ERR_PTR: -EINVAL, -ENOMEM, -ESHUTDOWN (the instance is not active), -ENODEV, -ENOSPC (its lane
 * is full, or 64 calls of this CPU to it are under way). Wait: the length of the answer, of which size bytes at the most
 * are stored; -ETIME; -ESHUTDOWN (the life that was asked has ended); -EINVAL (NULL, or another CPU).
 */
#define mk_msg_pending_add(instance_id, msg_type, subtype, payload, payload_len, timeout) \
    mkemu_msg_pending_add(&mkemu_kmod, (instance_id), (msg_type), (subtype), (payload), (payload_len), (timeout))

/*
 * mkemu's own of these: in a handler, the ticket of its message, 0 if nobody waits for an answer; the answer, then or
 * later (-EEXIST: it has one; -ESHUTDOWN: nobody waits for it any more; -EINVAL); who has sent the message that is
 * handled (-1: not known) and in which life; an instance's life (0: it is not active); a message to all instances that
 * are active but this one, and to how many it went.
 */
u64 mk_message_ticket(void);
int mk_answer_message(u64 ticket, const void *payload, u32 payload_len);
int mk_message_sender(u64 *life);
u64 mk_instance_life(int instance_id);
int mk_broadcast_message(u32 msg_type, u32 subtype, const void *payload, u32 payload_len);

/*
 * mkemu's own, for what the RFC leaves out: whom to answer, which instance this is, one CPU of an instance, a send that
 * waits up to timeout ns for room (the CPU does nothing else meanwhile), and a page that is not shared any more.
 */
#define mk_instance_of_cpu(physical_cpu) mkemu_instance_of_cpu(physical_cpu) /* -1: no instance's */
#define mk_this_instance_id() mkemu_instance_id()
static inline int mk_send_ipi_data_to_cpu(int id, int physical_cpu, const void *data, size_t size, unsigned long type)
{
    /* Below, -1 is the first CPU of the instance; here it is no CPU. */
    return mkemu_kmod_send(id, physical_cpu < 0 ? 0x7fffffff : physical_cpu, data, size, type);
}

#define mk_send_ipi_data_timeout(id, data, size, type, timeout) \
    mkemu_kmod_send_timeout((id), (data), (size), (type), (timeout))
#define mk_revoke_pfn(id, pfn) mkemu_kmod_revoke_pfn((id), (pfn))

#endif
