/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel instance in C. Joins a machine as an instance that was made for it, shares a page with a Java kernel that
 * has the module "peer", maps the page that comes back, then exchanges numbered messages and checks each byte.
 *
 *     c-peer MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE       (mk run prints the arguments)
 *
 * On the command line: c-peer.partner=ID (default 0, the host), c-peer.messages=N (default 1000).
 */
#include "mkemu_pages.h"

enum { HELLO = 0x70656572, DATA, BYE, RESULT }; /* what the module "peer" speaks */
enum { PAYLOAD = 64, WORDS = MKEMU_PAGES_PAGE_SIZE / 8, BURST = 64, PATIENCE_NANOS = 500000000 };

struct exchange {
    int partner;
    uint64_t messages, sent, received, mismatches, bad_words, result[2];
    bool page_checked, greeted, result_came;
};

static uint64_t pattern(uint64_t seed, uint64_t index)
{
    return (seed + 1) * 0x9e3779b97f4a7c15u ^ index;
}

/* The partner's page: word 0 counts what it found wrong in ours, the others follow the pattern of its PFN. */
static void check_page(struct mkemu_peer *p, struct exchange *x, const struct mkemu_ipi_data *message)
{
    uint64_t pfn, *page = mkemu_map_page(p, message);
    memcpy(&pfn, message->buffer, sizeof pfn);
    x->bad_words += page ? page[0] : WORDS;
    for (uint64_t i = 1; page && i < WORDS; i++)
        x->bad_words += page[i] != pattern(pfn, i);
    mkemu_unmap_page(p, page);
    x->page_checked = true;
}

static void receive(struct mkemu_cpu *c, struct mkemu_ipi_data *message, void *context)
{
    struct exchange *x = context;
    uint64_t words[PAYLOAD / 8];
    mkemu_callback_begins(c, message);
    if (message->type == DATA) {
        bool good = message->data_size == PAYLOAD;
        memcpy(words, message->buffer, PAYLOAD);
        for (uint64_t i = 0; i < PAYLOAD / 8; i++)
            good &= words[i] == (i ? ~pattern(x->received, i) : x->received);
        x->mismatches += !good;
        x->received++;
    } else if (message->type == MKEMU_IPI_DATA_PFN_IPI_TYPE) {
        check_page(c->peer, x, message);
    } else if (message->type == HELLO) {
        x->greeted = true;
    } else if (message->type == RESULT && message->data_size == sizeof x->result) {
        memcpy(x->result, message->buffer, sizeof x->result);
        x->result_came = true;
    }
    mkemu_callback_ends(c, message, true);
}

/* Runs this CPU until a condition holds; whether it does. */
static bool run(struct mkemu_cpu *c, struct exchange *x, bool (*done)(struct mkemu_cpu *, struct exchange *))
{
    struct mkemu_instance *partner = mkemu_entry(c->peer, x->partner);
    while (!done(c, x)) {
        if (mkemu_load(&c->peer->shutdown) || mkemu_state(mkemu_load(&partner->life)) == MKEMU_INSTANCE_STATE_FAILED)
            return false;
        if (!mkemu_turn(c, receive, x))
            mkemu_idle(c, MKEMU_IDLE_HALTPOLL, x->sent < x->messages ? 50000 : PATIENCE_NANOS, NULL, receive, x);
    }
    return true;
}

static bool partner_is_up(struct mkemu_cpu *c, struct exchange *x)
{
    return mkemu_state(mkemu_load(&mkemu_entry(c->peer, x->partner)->life)) == MKEMU_INSTANCE_STATE_ACTIVE;
}

static bool page_is_checked(struct mkemu_cpu *c, struct exchange *x)
{
    return (void)c, x->page_checked;
}

static bool is_greeted(struct mkemu_cpu *c, struct exchange *x)
{
    return (void)c, x->greeted;
}

/* Queued: as fast as the lane takes them. Single-slot: one message is under way at a time, or it would be lost. */
static bool all_exchanged(struct mkemu_cpu *c, struct exchange *x)
{
    uint64_t words[PAYLOAD / 8], limit = mkemu_is_queued(c->peer) ? x->messages : x->received + 1;
    for (int burst = 0; burst < BURST && x->sent < x->messages && x->sent < limit; burst++) {
        for (uint64_t i = 0; i < PAYLOAD / 8; i++)
            words[i] = i ? pattern(x->sent, i) : x->sent;
        if (mkemu_send(c, x->partner, DATA, words, sizeof words))
            break;
        x->sent++;
    }
    return x->sent == x->messages && x->received >= x->messages;
}

static bool result_is_there(struct mkemu_cpu *c, struct exchange *x)
{
    return (void)c, x->result_came;
}

static bool shutdown_is_asked(struct mkemu_cpu *c, struct exchange *x)
{
    return (void)x, mkemu_load(&c->peer->shutdown);
}

static bool exchange(struct mkemu_cpu *c, struct exchange *x)
{
    struct mkemu_peer *p = c->peer;
    uint64_t at = mkemu_alloc(p, MKEMU_PAGES_PAGE_SIZE, MKEMU_PAGES_PAGE_SIZE), pfn = at >> MKEMU_PAGES_PAGE_SHIFT;
    uint64_t *page = mkemu_own(p, at);
    for (uint64_t i = 0; at && i < WORDS; i++)
        page[i] = pattern(pfn, i);
    if (!at || !run(c, x, partner_is_up) || mkemu_send_pfn(c, x->partner, pfn) || !run(c, x, page_is_checked))
        return false;
    for (uint64_t i = 0; i < WORDS; i++)
        x->bad_words += page[i] != ~pattern(pfn, i);
    mkemu_printk(p, MKEMU_LOG_LEVEL_INFO, "c-peer: pages have gone both ways, exchanging messages");
    uint64_t hello[] = {x->messages, !mkemu_is_queued(p)};
    if (mkemu_send(c, x->partner, HELLO, hello, sizeof hello) || !run(c, x, is_greeted) || !run(c, x, all_exchanged))
        return false;
    while (mkemu_send(c, x->partner, BYE, &x->mismatches, sizeof x->mismatches) == -ENOSPC)
        mkemu_turn(c, receive, x);
    return run(c, x, result_is_there);
}

int main(int argc, char **argv)
{
    static struct mkemu_peer peer;
    static struct mkemu_cpu cpu;
    char line[200];
    if (argc < 4 || mkemu_join(&peer, argv[1], atoi(argv[2]), argv[3]) || mkemu_cpu_open(&peer, &cpu, 0)
        || mkemu_cpu_online(&cpu)) {
        fprintf(stderr, "c-peer: %s\n", argc < 4 ? "want MACHINE-DIRECTORY INSTANCE-ID COMMAND-LINE" : peer.error);
        return argc < 4 ? 64 : 4;
    }
    mkemu_task_begins(&peer);
    if (mkemu_active(&peer)) {
        fprintf(stderr, "c-peer: %s\n", peer.error);
        return 4;
    }
    struct exchange x = {.partner = (int)(mkemu_parameter(argv[3], "c-peer.partner", 0) & 0xff),
        .messages = mkemu_parameter(argv[3], "c-peer.messages", 1000)};
    bool done = exchange(&cpu, &x);
    bool good = done && !x.mismatches && !x.bad_words && x.result[0] == x.messages && !x.result[1];
    snprintf(line, sizeof line, "c-peer: %s: %llu sent, %llu received, %llu mismatches, %llu bad words in pages",
        good ? "all good" : "FAILED", (unsigned long long)x.sent, (unsigned long long)x.received,
        (unsigned long long)x.mismatches, (unsigned long long)x.bad_words);
    mkemu_printk(&peer, good ? MKEMU_LOG_LEVEL_INFO : MKEMU_LOG_LEVEL_ERR, line);
    mkemu_task_ends(&peer, !good);
    x.sent = x.messages;
    run(&cpu, &x, shutdown_is_asked);
    mkemu_cpu_offline(&cpu);
    mkemu_leave(&peer, 0);
    return 0;
}
