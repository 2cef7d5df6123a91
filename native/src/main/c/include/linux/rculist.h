/* SPDX-License-Identifier: Apache-2.0 */
/* linux/rculist.h: lists that RCU readers walk. */
#ifndef MKEMU_LINUX_RCULIST_H
#define MKEMU_LINUX_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

static inline void mkemu_list_between_rcu_(struct list_head *added, struct list_head *before, struct list_head *after)
{
    added->next = after;
    added->prev = before;
    __atomic_store_n(&before->next, added, __ATOMIC_RELEASE);
    after->prev = added;
}

static inline void list_add_rcu(struct list_head *added, struct list_head *head)
{
    mkemu_list_between_rcu_(added, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *added, struct list_head *head)
{
    mkemu_list_between_rcu_(added, head->prev, head);
}

/* Readers may still go on from it. */
static inline void list_del_rcu(struct list_head *entry)
{
    entry->next->prev = entry->prev;
    WRITE_ONCE(entry->prev->next, entry->next);
    entry->prev = LIST_POISON2;
}

static inline void list_replace_rcu(struct list_head *old, struct list_head *by)
{
    by->next = old->next;
    by->prev = old->prev;
    __atomic_store_n(&by->prev->next, by, __ATOMIC_RELEASE);
    by->next->prev = by;
    old->prev = LIST_POISON2;
}

#define list_entry_rcu(at, type, member) container_of(__atomic_load_n(&(at), __ATOMIC_ACQUIRE), type, member)
#define list_first_or_null_rcu(head, type, member) ({                                             \
    struct list_head *head_ = (head), *first_ = __atomic_load_n(&head_->next, __ATOMIC_ACQUIRE);  \
    first_ != head_ ? list_entry(first_, type, member) : NULL;                                    \
})
#define list_for_each_entry_rcu(at, head, member, ...)                                            \
    for (at = list_entry_rcu((head)->next, __typeof__(*at), member); &at->member != (head);       \
        at = list_entry_rcu(at->member.next, __typeof__(*at), member))

static inline void hlist_add_head_rcu(struct hlist_node *node, struct hlist_head *head)
{
    struct hlist_node *first = head->first;

    node->next = first;
    node->pprev = &head->first;
    __atomic_store_n(&head->first, node, __ATOMIC_RELEASE);
    if (first)
        first->pprev = &node->next;
}

static inline void hlist_del_rcu(struct hlist_node *node)
{
    if (node->next)
        node->next->pprev = node->pprev;
    WRITE_ONCE(*node->pprev, node->next); /* readers may still go on from it */
    node->pprev = LIST_POISON2;
}

static inline void hlist_del_init_rcu(struct hlist_node *node)
{
    if (hlist_unhashed(node))
        return;
    hlist_del_rcu(node);
    node->pprev = NULL;
}

#define hlist_for_each_entry_rcu(at, head, member, ...)                                           \
    for (at = hlist_entry_safe(__atomic_load_n(&(head)->first, __ATOMIC_ACQUIRE), __typeof__(*(at)), member); at; \
        at = hlist_entry_safe(__atomic_load_n(&(at)->member.next, __ATOMIC_ACQUIRE), __typeof__(*(at)), member))

#endif
