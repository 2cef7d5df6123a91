/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handlers.h: which callback gets which message: multikernel_register_handler and its counterpart, and the delivery of
 * a message in both mailboxes. As io.mkemu.kernel.HandlerRegistry, QueuedDelivery and Delivery have it.
 */
#ifndef MKEMU_KERNEL_HANDLERS_H
#define MKEMU_KERNEL_HANDLERS_H

#include <stdbool.h>
#include <stdint.h>

struct handler;
struct handlers;

/* Runs a callback; token is what it was registered with; first: no other one has run for this message. */
typedef void handlers_run(void *context, int logical_cpu, uint64_t token, void *message, bool first);

/* A registry; refuses_deadlock: queued, where the RFC would wait for itself. NULL without memory. */
struct handlers *handlers_new(uint32_t cpus, bool refuses_deadlock, handlers_run *run, void *context);

/* Adds a handler behind those of its type. Any thread. NULL without memory. */
struct handler *handlers_register(struct handlers *all, uint32_t type, uint64_t token);

/*
 * Takes it back and waits until no CPU runs it. logical_cpu: the caller's, -1 for a thread that is none, which there
 * must not be in a registry for one CPU while that runs. 0; -ENOENT: it is not registered; -EDEADLK: the caller would
 * wait for itself.
 */
int handlers_unregister(struct handlers *all, struct handler *handler, int logical_cpu);

/* Queued: the message goes to every handler of its type, oldest first. How many there were. On that CPU. */
int handlers_dispatch(struct handlers *all, int logical_cpu, uint32_t type, void *message);

/* Single-slot: queues the irq_work of each handler of the type that has none pending. How many handlers there are. */
int handlers_queue(struct handlers *all, int logical_cpu, uint32_t type, uint32_t *coalesced);

/* Single-slot: runs what is queued on this CPU, each with the live slot. How many callbacks ran. */
int handlers_run_queued(struct handlers *all, int logical_cpu, void *slot);

#endif
