/* SPDX-License-Identifier: Apache-2.0 */
/* multikernel.c: messages, shared pages, instances. */
#include "core.h"
#include <linux/multikernel.h>

_Static_assert(sizeof(struct mk_ipi_data) == sizeof(struct mkemu_core_message), "the RFC's structure");

struct handler {
    struct mk_ipi_handler handler; /* first */
    struct list_head list;         /* of the module, under its lock */
    struct module *owner;
    void *host;
};

struct instance {
    struct mk_instance instance; /* first */
    char name[64];
    struct cpumask cpus;
};

static struct handler *new_handler(struct module *owner, mk_ipi_callback_t callback, void *context, unsigned int type)
{
    struct handler *h = callback ? mkc_alloc(sizeof *h) : NULL;

    if (!h)
        return NULL;
    h->handler = (struct mk_ipi_handler){.callback = callback, .context = context, .ipi_type = type};
    h->owner = owner;
    return h;
}

struct mk_ipi_handler *mkc_handler_new(struct mkemu_core *core, struct module *owner, mk_ipi_callback_t callback,
    void *context, uint32_t type)
{
    struct handler *h = new_handler(owner, callback, context, type);

    if (h)
        h->host = core->host.handler_register(core->host.self, type, (uint64_t)(uintptr_t)h);
    if (h && !h->host) {
        mkc_free(h);
        h = NULL;
    }
    return h ? &h->handler : NULL;
}

int mkc_handler_end(struct mkemu_core *core, struct mk_ipi_handler *handler)
{
    int result = core->host.handler_unregister(core->host.self, ((struct handler *)handler)->host);

    if (result == -EDEADLK)
        return result;
    mkc_free(handler);
    return 0;
}

struct mk_ipi_handler *mkc_k_mkemu_register_handler(struct module *m, mk_ipi_callback_t callback, void *context,
    unsigned int type)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct handler *h = new_handler(m, callback, context, type);

    if (!h)
        return NULL;
    mkc_lock_take(&mkc_of(m)->lock);
    list_add_tail(&h->list, &mkc_of(m)->handlers);
    mkc_lock_give(&mkc_of(m)->lock);
    h->host = core->host.handler_register(core->host.self, type, (uint64_t)(uintptr_t)h);
    if (!h->host) {
        mkc_lock_take(&mkc_of(m)->lock);
        list_del(&h->list);
        mkc_lock_give(&mkc_of(m)->lock);
        mkc_free(h);
        return NULL;
    }
    return &h->handler;
}

static bool is_registered(struct mkemu_core *core, const struct handler *h)
{
    struct mkemu_core_module *m;
    struct handler *at;
    bool found = false;

    mkc_lock_take(&core->lock);
    list_for_each_entry(m, &core->modules, list) {
        mkc_lock_take(&m->lock);
        list_for_each_entry(at, &m->handlers, list)
            found |= at == h;
        mkc_lock_give(&m->lock);
    }
    mkc_lock_give(&core->lock);
    return found;
}

void mkc_k_multikernel_unregister_handler(struct mk_ipi_handler *handler)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct handler *h = (struct handler *)handler;

    if (!h)
        return;
    int result = is_registered(core, h) ? core->host.handler_unregister(core->host.self, h->host) : -ENOENT;
    if (result) {
        mkc_log(core, 4, "WARNING: CPU: %u: multikernel_unregister_handler %s", mkc_this_cpu()->index,
            result == -EDEADLK ? "from a callback that it would wait for: the handler stays registered"
                               : "of what is not registered");
        mkc_trace(core);
        return;
    }
    mkc_lock_take(&mkc_of(h->owner)->lock);
    list_del(&h->list);
    mkc_lock_give(&mkc_of(h->owner)->lock);
    mkc_free(h);
}

void mkc_handlers_drop(struct mkemu_core_module *m)
{
    struct handler *h, *next;

    list_for_each_entry_safe(h, next, &m->handlers, list) {
        mkc_log(m->core, 4, "%s: left a handler of IPI type 0x%x registered: it is unregistered", m->name,
            h->handler.ipi_type);
        if (!m->core->dead)
            m->core->host.handler_unregister(m->core->host.self, h->host);
        list_del(&h->list);
        mkc_free(h);
    }
}

struct delivery {
    struct mkc_cpu *cpu;
    struct handler *handler;
    struct mk_ipi_data *message;
};

static void deliver(void *argument)
{
    const struct delivery *d = argument;
    struct handler *h = d->handler;

    mkc_set_this_cpu(d->cpu);
    struct mkc_running running = mkc_irq_enter(d->cpu, "handler", h->owner,
        (const void *)(uintptr_t)h->handler.callback);
    h->handler.callback(d->message, h->handler.context);
    mkc_irq_leave(d->cpu, running);
}

void mkemu_core_deliver(struct mkemu_core *core, int32_t logical_cpu, uint64_t token,
    struct mkemu_core_message *message)
{
    struct mkc_cpu *cpu = &core->cpu[logical_cpu];

    mkc_enter(cpu, deliver, &(struct delivery){cpu, (struct handler *)(uintptr_t)token,
        (struct mk_ipi_data *)message});
}

int mkc_k_mkemu_kmod_send(int instance, int cpu, const void *data, size_t size, unsigned long type)
{
    const struct mkemu_host *host = &mkc_this_cpu()->core->host;

    return host->send(host->self, instance, cpu, type, data, size);
}

int mkc_k_mkemu_kmod_send_timeout(int instance, const void *data, size_t size, unsigned long type, s64 timeout)
{
    const struct mkemu_host *host = &mkc_this_cpu()->core->host;

    return host->send_timeout(host->self, instance, type, data, size, timeout < 0 ? 0 : timeout);
}

int mkc_k_mk_send_pfn(int instance, unsigned long pfn)
{
    const struct mkemu_host *host = &mkc_this_cpu()->core->host;

    return host->send_pfn(host->self, instance, pfn);
}

int mkc_k_mkemu_kmod_revoke_pfn(int instance, unsigned long pfn)
{
    const struct mkemu_host *host = &mkc_this_cpu()->core->host;

    return host->revoke_pfn(host->self, instance, pfn);
}

void *mkc_k_mk_receive_map_page(struct mk_ipi_data *data)
{
    const struct mkemu_host *host = &mkc_this_cpu()->core->host;

    return data ? host->map_page(host->self, (const struct mkemu_core_message *)data) : NULL;
}

int mkc_k_mkemu_instance_of_cpu(int physical_cpu)
{
    const struct mkemu_core_cpu *told = &mkc_this_cpu()->told;
    const struct mkemu_host *host = &mkc_this_cpu()->core->host;

    if (physical_cpu >= 0 && physical_cpu == told->sender_cpu)
        return told->sender_instance;
    return host->instance_of_cpu(host->self, physical_cpu);
}

int mkc_k_mkemu_instance_id(void)
{
    return mkc_this_cpu()->core->id;
}

/* What it returns stays until the kernel ends, and is brought up to date by the next call for the same id. */
struct mk_instance *mkc_k_mk_instance_find(int id)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct mkemu_core_instance about;

    if (id < 0 || id >= MK_MAX_INSTANCES || core->host.instance(core->host.self, id, &about) || !about.state)
        return NULL;
    struct instance *i = (struct instance *)__atomic_load_n(&core->instances[id], __ATOMIC_ACQUIRE);
    if (!i) {
        struct mk_instance *none = NULL, *made = mkc_alloc(sizeof *i);
        if (!made)
            return NULL;
        if (!__atomic_compare_exchange_n(&core->instances[id], &none, made, false, __ATOMIC_SEQ_CST,
            __ATOMIC_SEQ_CST)) {
            mkc_free(made);
            made = none;
        }
        i = (struct instance *)made;
    }
    mkc_format(i->name, sizeof i->name, "%.63s", about.name);
    uint32_t left = about.cpus;
    for (int cpu = about.first_cpu; left && cpu >= 0 && cpu < NR_CPUS; cpu++) {
        if (core->host.instance_of_cpu(core->host.self, cpu) == id) {
            cpumask_set_cpu((unsigned int)cpu, &i->cpus);
            left--;
        } else {
            cpumask_clear_cpu(cpu, &i->cpus);
        }
    }
    i->instance = (struct mk_instance){id, i->name, (enum mk_instance_state)about.state, &i->cpus,
        id == core->id ? core : NULL};
    return &i->instance;
}
