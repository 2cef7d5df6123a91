/* SPDX-License-Identifier: Apache-2.0 */
/* linux/bottom_half.h: Linux has it apart. */
#include <linux/preempt.h>
