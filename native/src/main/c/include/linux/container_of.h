/* SPDX-License-Identifier: Apache-2.0 */
/* linux/container_of.h: from a member to its structure. */
#ifndef MKEMU_LINUX_CONTAINER_OF_H
#define MKEMU_LINUX_CONTAINER_OF_H

#include <linux/types.h>

#define container_of(pointer, type, member) ({                                                               \
    _Static_assert(__same_type(*(pointer), ((type *)0)->member) || __same_type(*(pointer), void),             \
        "pointer type mismatch in container_of()");                                                          \
    (type *)((char *)(uintptr_t)(pointer) - offsetof(type, member));                                         \
})
#define container_of_const(pointer, type, member) container_of(pointer, type, member)
#define typeof_member(type, member) __typeof__(((type *)0)->member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))

#endif
