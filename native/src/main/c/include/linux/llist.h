/* SPDX-License-Identifier: Apache-2.0 */
/* linux/llist.h: lists without locks: many add, one takes all. */
#ifndef MKEMU_LINUX_LLIST_H
#define MKEMU_LINUX_LLIST_H

#include <linux/atomic.h>
#include <linux/container_of.h>

struct llist_node {
    struct llist_node *next;
};

struct llist_head {
    struct llist_node *first;
};

#define LLIST_HEAD_INIT(name) { NULL }
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)

static inline void init_llist_head(struct llist_head *head)
{
    head->first = NULL;
}

static inline bool llist_empty(const struct llist_head *head)
{
    return !READ_ONCE(head->first);
}

/* Whether it was empty. */
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
    struct llist_node *first = READ_ONCE(head->first);

    do
        node->next = first;
    while (!try_cmpxchg(&head->first, &first, node));
    return !first;
}

static inline struct llist_node *llist_del_all(struct llist_head *head)
{
    return xchg(&head->first, NULL);
}

/* One at a time may take. */
static inline struct llist_node *llist_del_first(struct llist_head *head)
{
    struct llist_node *first = smp_load_acquire(&head->first);

    while (first && !try_cmpxchg(&head->first, &first, first->next))
        ;
    return first;
}

static inline struct llist_node *llist_reverse_order(struct llist_node *node)
{
    struct llist_node *reversed = NULL;

    while (node) {
        struct llist_node *next = node->next;

        node->next = reversed;
        reversed = node;
        node = next;
    }
    return reversed;
}

#define llist_entry(p, type, member) container_of(p, type, member)
#define llist_for_each(at, node) for ((at) = (node); (at); (at) = (at)->next)
#define llist_for_each_safe(at, n, node) for ((at) = (node); (at) && ((n) = (at)->next, true); (at) = (n))

#define mkemu_llist_entry_(node, at, member) ({                                                      \
    struct llist_node *node_ = (node);                                                              \
    node_ ? llist_entry(node_, __typeof__(*(at)), member) : NULL;                                   \
})
#define llist_for_each_entry(at, node, member)                                                      \
    for ((at) = mkemu_llist_entry_(node, at, member); (at);                                         \
         (at) = mkemu_llist_entry_((at)->member.next, at, member))
#define llist_for_each_entry_safe(at, n, node, member)                                              \
    for ((at) = mkemu_llist_entry_(node, at, member);                                               \
         (at) && ((n) = mkemu_llist_entry_((at)->member.next, at, member), true); (at) = (n))

#endif
