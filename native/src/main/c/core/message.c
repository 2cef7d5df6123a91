/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c: messages with answers, over IPIs. What lies in an IPI, and what a call promises, is io.mkemu.message's
 * (docs/messages.md), so that kernels in C and in Java talk to each other: a request is repeated until it is answered,
 * and its receiver handles none twice. Answers come to the CPU that asked; requests to the boot CPU.
 */
#include "message.h"

/* The RFC leaves room for more types than an IPI has: the high half of an IPI's type says that it is a message. */
enum { IPI_TYPE = 0x4d4b0000, ANSWER_TYPE = IPI_TYPE, MAX_TYPE = 0xffff };
enum { NANOS_PER_JIFFY = 1000000, LIFE_SHIFT = 8, INSTANCE_MASK = 255 };
static const int64_t soonest = 1000000, latest = 100000000, longest = INT64_MAX >> 2, look = 10000000;

struct listener {
    struct list_head list;
    struct mk_ipi_handler *ipi;
    uint32_t type;
    mk_msg_handler_t handler; /* NULL: SYSTEM, for heartbeats alone */
    void *context;
    struct module *owner;
};

struct mk_pending_msg {
    struct list_head list;
    struct mkc_calls *calls;
    struct module *owner;
    uint32_t cpu, length, answer_length;
    int32_t instance;
    uint64_t life;
    int64_t deadline, repeat, interval;
    bool answered, telling; /* under the lock of messages */
    struct completion done;
    struct mk_message request;
    uint8_t answer[MK_MAX_PAYLOAD];
};

static struct mkc_messages *of(struct mkemu_core *core)
{
    return __atomic_load_n(&core->messages, __ATOMIC_ACQUIRE);
}

static void lock(struct mkemu_core *core)
{
    mkc_lock_take(&core->message_lock);
}

static void unlock(struct mkemu_core *core)
{
    mkc_lock_give(&core->message_lock);
}

static bool is_valid(uint32_t type, const void *payload, uint32_t length)
{
    return type >= 1 && type <= MAX_TYPE && length <= MK_MAX_PAYLOAD && (payload || !length);
}

static uint32_t fill(struct mk_message *message, uint32_t kind, uint32_t type, uint32_t subtype, uint64_t id,
    uint64_t life, uint32_t client, const void *payload, uint32_t length)
{
    *message = (struct mk_message){.msg_type = type, .msg_subtype = subtype, .msg_id = id, .payload_len = length,
        .kind = kind, .life = (uint32_t)life, .client = client};
    if (length)
        memcpy(message->payload, payload, length);
    return MKC_MESSAGE_HEADER + length;
}

static int send(struct mkemu_core *core, int instance, const struct mk_message *message, uint32_t size)
{
    return core->host.send(core->host.self, instance, -1, IPI_TYPE | message->msg_type, message, size);
}

/* ---- what comes ---- */

/* Copies a message that is whole and for this life: another kernel may have written anything, and write on. */
static bool take(struct mkemu_core *core, const struct mk_ipi_data *data, struct mkc_request *to)
{
    const struct mkemu_host *host = &core->host;
    uint64_t size = data->data_size;

    if (size < MKC_MESSAGE_HEADER || size > sizeof to->message)
        return false;
    to->cpu = data->sender_cpu;
    memcpy(&to->message, data->buffer, size);
    uint64_t who = host->sender(host->self, to->cpu);
    to->instance = who ? (int32_t)(who & INSTANCE_MASK) : -1;
    to->life = who >> LIFE_SHIFT;
    to->ticket = 0;
    return to->message.payload_len <= size - MKC_MESSAGE_HEADER
        && (!to->message.life || to->message.life == of(core)->life);
}

static void answer_again(struct mkemu_core *core, const struct mkc_request *request)
{
    struct mk_message answer;
    uint32_t size = mkc_session_answer(core, request, &answer);

    if (size)
        core->host.send(core->host.self, request->instance, request->cpu, ANSWER_TYPE, &answer, size);
}

static void received(struct mk_ipi_data *data, void *context)
{
    const struct listener *l = context;
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkc_request request, *before = cpu->request;

    if (cpu->index || !take(cpu->core, data, &request))
        return;
    if (request.message.kind != MKC_ONE_WAY && !mkc_session_begin(cpu->core, &request)) {
        answer_again(cpu->core, &request);
        return;
    }
    cpu->request = &request;
    if (request.message.msg_type == MK_MSG_SYSTEM && request.message.msg_subtype == MK_SYS_HEARTBEAT) {
        mkc_k_mk_answer_message(request.ticket, NULL, 0);
    } else if (l->handler) {
        struct mkc_running running = mkc_irq_enter(cpu, "handler of messages", l->owner,
            (const void *)(uintptr_t)l->handler);
        l->handler(request.message.msg_type, request.message.msg_subtype, request.message.payload,
            request.message.payload_len, l->context);
        mkc_irq_leave(cpu, running);
    }
    cpu->request = before;
}

static void answered(struct mk_ipi_data *data, void *context)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core *core = cpu->core;
    struct mkc_request answer;

    (void)context;
    if (!take(core, data, &answer) || answer.message.kind != MKC_ANSWER || answer.instance < 0
        || answer.message.client != of(core)->clients[cpu->index])
        return;
    lock(core);
    struct mkc_calls *calls = *mkc_calls_at(of(core), cpu, answer.instance);
    struct mk_pending_msg *p = calls ? calls->open[answer.message.msg_id % MKC_WINDOW] : NULL;
    if (p && (p->request.msg_id != answer.message.msg_id || p->life != answer.life))
        p = NULL;
    if (p) {
        calls->open[answer.message.msg_id % MKC_WINDOW] = NULL;
        p->answer_length = answer.message.payload_len;
        memcpy(p->answer, answer.message.payload, p->answer_length);
        p->answered = p->telling = true;
    }
    unlock(core);
    if (!p)
        return;
    mkc_k_complete(&p->done);
    lock(core);
    p->telling = false; /* whoever waits frees it from now on */
    unlock(core);
}

/* ---- handlers ---- */

static struct listener *listen(struct mkemu_core *core, uint32_t type, mk_msg_handler_t handler, void *context,
    struct module *owner)
{
    struct listener *l = mkc_alloc(sizeof *l);

    if (!l)
        return NULL;
    *l = (struct listener){.type = type, .handler = handler, .context = context, .owner = owner};
    l->ipi = mkc_handler_new(core, owner, received, l, IPI_TYPE | type);
    if (!l->ipi) {
        mkc_free(l);
        return NULL;
    }
    return l;
}

/*
 * What a kernel has of messages once a module uses some: -ENOMEM. Of two CPUs that are the first, one registers what
 * receives answers; an answer that comes before is lost, and comes again.
 */
static int begin(struct mkemu_core *core)
{
    struct mkc_messages *made, *none = NULL;

    if (of(core))
        return 0;
    made = mkc_messages_new(core);
    if (!made)
        return -ENOMEM;
    if (!__atomic_compare_exchange_n(&core->messages, &none, made, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        mkc_messages_delete(core, made);
        return 0;
    }
    made->answers = mkc_handler_new(core, NULL, answered, NULL, ANSWER_TYPE);
    made->system = listen(core, MK_MSG_SYSTEM, NULL, NULL, NULL);
    return made->answers && made->system ? 0 : -ENOMEM;
}

static struct listener *find(struct mkc_messages *all, uint32_t type)
{
    struct listener *l;

    if (type == MK_MSG_SYSTEM)
        return all->system;
    list_for_each_entry(l, &all->listeners, list)
        if (l->type == type)
            return l;
    return NULL;
}

int mkc_k_mkemu_register_msg_handler(struct module *m, u32 type, mk_msg_handler_t handler, void *context)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    int result = !is_valid(type, NULL, 0) || !handler ? -EINVAL : begin(core);

    if (result)
        return result;
    struct listener *made = type == MK_MSG_SYSTEM ? NULL : listen(core, type, handler, context, m);
    if (type != MK_MSG_SYSTEM && !made)
        return -ENOMEM;
    lock(core);
    struct listener *found = find(of(core), type);
    if (found && found->handler) {
        result = -EEXIST;
    } else if (found) {
        found->context = context;
        found->owner = m;
        found->handler = handler;
    } else {
        list_add_tail(&made->list, &of(core)->listeners);
        made = NULL;
    }
    unlock(core);
    if (made) {
        mkc_handler_end(core, made->ipi);
        mkc_free(made);
    }
    return result;
}

static int end_listener(struct mkemu_core *core, struct listener *l)
{
    int result = core->dead ? 0 : mkc_handler_end(core, l->ipi);

    if (result)
        return result;
    lock(core);
    list_del(&l->list);
    unlock(core);
    mkc_free(l);
    return 0;
}

int mkc_k_mk_unregister_msg_handler(u32 type, mk_msg_handler_t handler)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    if (!of(core))
        return -ENOENT;
    lock(core);
    struct listener *l = find(of(core), type);
    if (l && (!l->handler || l->handler != handler))
        l = NULL;
    if (l && l == of(core)->system)
        l->handler = NULL;
    unlock(core);
    return !l ? -ENOENT : l == of(core)->system ? 0 : end_listener(core, l);
}

void mkc_msg_handlers_drop(struct mkemu_core_module *m)
{
    struct mkc_messages *all = of(m->core);
    struct listener *l, *next;

    if (!all)
        return;
    if (all->system && all->system->owner == m->module)
        all->system->handler = NULL;
    list_for_each_entry_safe(l, next, &all->listeners, list) {
        if (l->owner != m->module)
            continue;
        mkc_log(m->core, 4, "%s: left a handler of messages of type 0x%x registered: it is unregistered", m->name,
            l->type);
        end_listener(m->core, l);
    }
}

void mkc_messages_free(struct mkemu_core *core)
{
    struct mkc_messages *all = of(core);

    if (!all)
        return;
    if (!core->dead) {
        if (all->answers)
            mkc_handler_end(core, all->answers);
        if (all->system)
            mkc_handler_end(core, all->system->ipi);
    }
    mkc_free(all->system);
    mkc_messages_delete(core, all);
    core->messages = NULL;
}

/* ---- what is sent ---- */

int mkc_k_mk_send_message(int instance, u32 type, u32 subtype, const void *payload, u32 length)
{
    struct mk_message message;

    if (!is_valid(type, payload, length))
        return -EINVAL;
    uint32_t size = fill(&message, MKC_ONE_WAY, type, subtype, 0, 0, 0, payload, length);
    return send(mkc_this_cpu()->core, instance, &message, size);
}

int mkc_k_mk_broadcast_message(u32 type, u32 subtype, const void *payload, u32 length)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    int sent = 0;

    if (!is_valid(type, payload, length))
        return -EINVAL;
    for (int id = 0; id < MK_MAX_INSTANCES; id++)
        if (id != core->id && core->host.life(core->host.self, id))
            sent += !mkc_k_mk_send_message(id, type, subtype, payload, length);
    return sent;
}

u64 mkc_k_mk_message_ticket(void)
{
    const struct mkc_request *request = mkc_this_cpu()->request;

    return request ? request->ticket : 0;
}

int mkc_k_mk_message_sender(u64 *life)
{
    const struct mkc_request *request = mkc_this_cpu()->request;

    if (life)
        *life = request ? request->life : 0;
    return request ? request->instance : -1;
}

u64 mkc_k_mk_instance_life(int instance)
{
    struct mkemu_core *core = mkc_this_cpu()->core;

    return core->host.life(core->host.self, instance);
}

int mkc_k_mk_answer_message(u64 ticket, const void *payload, u32 length)
{
    struct mkemu_core *core = mkc_this_cpu()->core;
    struct mkc_request to;
    struct mk_message answer;

    if (!is_valid(1, payload, length) || !of(core))
        return -EINVAL;
    fill(&answer, MKC_ANSWER, 0, 0, 0, 0, 0, payload, length);
    int result = mkc_session_answers(core, ticket, &answer, &to);
    /* Refused or lost, it goes again when the request is repeated. */
    if (!result)
        core->host.send(core->host.self, to.instance, to.cpu, ANSWER_TYPE, &answer, MKC_MESSAGE_HEADER + length);
    return result;
}

/* ---- calls ---- */

static struct mkc_calls *calls_to(struct mkemu_core *core, int instance)
{
    struct mkc_calls **at = mkc_calls_at(of(core), mkc_this_cpu(), instance);

    if (!*at) {
        struct mkc_calls *made = mkc_alloc(sizeof *made);
        if (made)
            made->next = 1;
        lock(core);
        *at = made;
        unlock(core);
    }
    return *at;
}

struct mk_pending_msg *mkc_k_mkemu_msg_pending_add(struct module *m, int instance, u32 type, u32 subtype,
    const void *payload, u32 length, s64 timeout)
{
    struct mkc_cpu *cpu = mkc_this_cpu();
    struct mkemu_core *core = cpu->core;

    if (instance < 0 || instance >= MK_MAX_INSTANCES || !is_valid(type, payload, length) || timeout <= 0)
        return ERR_PTR(-EINVAL);
    int result = begin(core);
    if (result)
        return ERR_PTR(result);
    uint64_t life = core->host.life(core->host.self, instance);
    if (!life)
        return ERR_PTR(-ESHUTDOWN);
    struct mk_pending_msg *p = mkc_alloc(sizeof *p);
    struct mkc_calls *calls = p ? calls_to(core, instance) : NULL;
    if (!calls) {
        mkc_free(p);
        return ERR_PTR(-ENOMEM);
    }
    p->calls = calls;
    p->owner = m;
    p->cpu = cpu->index;
    p->instance = instance;
    p->life = life;
    init_completion(&p->done);
    int64_t now = (int64_t)mkc_nanos(core);
    p->deadline = now + (timeout < longest ? timeout : longest);
    p->interval = timeout / 4 < soonest ? soonest : timeout / 4 > latest ? latest : timeout / 4;
    p->repeat = now + p->interval;
    p->length = fill(&p->request, MKC_REQUEST, type, subtype, calls->next, life, of(core)->clients[cpu->index], payload,
        length);
    /* Before it is sent, since a context may be a thread: its answer may come before send returns. */
    lock(core);
    struct mk_pending_msg **place = &calls->open[calls->next % MKC_WINDOW];
    result = *place ? -ENOSPC : 0;
    if (!result) {
        *place = p;
        list_add_tail(&p->list, &of(core)->pending);
    }
    unlock(core);
    if (!result)
        result = send(core, instance, &p->request, p->length);
    if (!result) {
        calls->next++;
        return p;
    }
    lock(core);
    if (*place == p) {
        *place = NULL;
        list_del(&p->list);
    }
    unlock(core);
    mkc_free(p);
    return ERR_PTR(result);
}

/* Ends a call, unless it is answered, which is told then. */
static bool ends(struct mkemu_core *core, struct mk_pending_msg *p)
{
    lock(core);
    bool ends = !p->answered;
    if (ends)
        p->calls->open[p->request.msg_id % MKC_WINDOW] = NULL;
    unlock(core);
    return ends;
}

/* Waits for the answer, and repeats the request: 0, -ETIME, -ESHUTDOWN. */
static int await(struct mkemu_core *core, struct mk_pending_msg *p)
{
    for (;;) {
        int64_t now = (int64_t)mkc_nanos(core), until = now + look;
        until = until < p->repeat ? until : p->repeat;
        until = until < p->deadline ? until : p->deadline;
        int64_t wait = (until - now + NANOS_PER_JIFFY - 1) / NANOS_PER_JIFFY;
        if (mkc_k_mkemu_wait_for_completion(&p->done, wait < 1 ? 1 : (long)wait, TASK_UNINTERRUPTIBLE))
            return 0;
        now = (int64_t)mkc_nanos(core);
        int result = now >= p->deadline ? -ETIME
            : core->host.life(core->host.self, p->instance) != p->life ? -ESHUTDOWN : 0;
        if (!result && now >= p->repeat) {
            p->interval *= 2;
            p->repeat = now + p->interval;
            result = send(core, p->instance, &p->request, p->length);
            result = result == -ENOSPC ? 0 : result ? -ESHUTDOWN : 0; /* without room it goes the next time */
        }
        if (result)
            return ends(core, p) ? result : 0;
    }
}

static void end_pending(struct mkemu_core *core, struct mk_pending_msg *p)
{
    uint32_t spins = 0;

    for (;;) {
        lock(core);
        bool telling = p->telling && !core->dead;
        if (!telling)
            list_del(&p->list);
        unlock(core);
        if (!telling)
            break;
        mkc_relax(core, &spins); /* the CPU that the answer came to is about to be through with it */
    }
    mkc_free(p);
}

int mkc_k_mk_msg_pending_wait(struct mk_pending_msg *p, void *answer, u32 size)
{
    struct mkc_cpu *cpu = mkc_this_cpu();

    mkc_k_mkemu_might_sleep("mk_msg_pending_wait", 0);
    if (!p || p->cpu != cpu->index)
        return -EINVAL;
    int result = await(cpu->core, p);
    if (!result) {
        result = (int)p->answer_length;
        if (answer)
            memcpy(answer, p->answer, p->answer_length < size ? p->answer_length : size);
    }
    end_pending(cpu->core, p);
    return result;
}

void mkc_msg_pending_drop(struct mkemu_core_module *m)
{
    struct mkc_messages *all = of(m->core);
    struct mk_pending_msg *p, *next;

    if (!all)
        return;
    list_for_each_entry_safe(p, next, &all->pending, list)
        if (p->owner == m->module) {
            ends(m->core, p);
            end_pending(m->core, p);
        }
}
