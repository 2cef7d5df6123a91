/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send_probe.h: mkemu.stop_in_send=STEP:N, as io.mkemu.ipi.SendProbe has it: this process stops itself, by SIGSTOP, at
 * a step of the N-th send of each CPU. It is to be included before mkemu's headers. Where nobody asks for it a step
 * costs a look at a word that never changes.
 */
#ifndef MKEMU_KERNEL_SEND_PROBE_H
#define MKEMU_KERNEL_SEND_PROBE_H

#include <stdbool.h>

/* Each has just been done. */
enum send_step { SEND_NEVER, SEND_CLEARED, SEND_SIZE, SEND_TYPE, SEND_PAYLOAD, SEND_PUBLISHED, SEND_MARKED, SEND_RUNG };

extern enum send_step send_stops_at;

/* The calling CPU is at that step. */
void send_reached(void);

/* False: a setting that is none. Before the CPUs are up. */
bool send_probe_set(const char *setting);

#define MKEMU_SEND_PROBE(step) (__builtin_expect(send_stops_at == SEND_##step, 0) ? send_reached() : (void)0)

#endif
