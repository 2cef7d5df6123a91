/* SPDX-License-Identifier: Apache-2.0 */
/* asm/processor.h: what a loop does that waits for another CPU. */
#ifndef MKEMU_ASM_PROCESSOR_H
#define MKEMU_ASM_PROCESSOR_H

void mkemu_relax(void);

/* The other may need the same core, so this one is lent to it now and then. */
#define cpu_relax() mkemu_relax()

#endif
