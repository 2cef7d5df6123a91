/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/list.h: doubly linked lists, and those of hash tables. As in Linux, list_empty may be asked without a lock: the
 * next of an entry is stored at once.
 */
#ifndef MKEMU_LINUX_LIST_H
#define MKEMU_LINUX_LIST_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/poison.h>

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
    WRITE_ONCE(list->next, list);
    list->prev = list;
}

static inline void __list_add(struct list_head *entry, struct list_head *prev, struct list_head *next)
{
    next->prev = entry;
    entry->next = next;
    entry->prev = prev;
    WRITE_ONCE(prev->next, entry);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
    __list_add(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
    __list_add(entry, head->prev, head);
}

static inline void __list_del_entry(struct list_head *entry)
{
    entry->next->prev = entry->prev;
    WRITE_ONCE(entry->prev->next, entry->next);
}

static inline void list_del(struct list_head *entry)
{
    __list_del_entry(entry);
    entry->next = LIST_POISON1;
    entry->prev = LIST_POISON2;
}

static inline void list_del_init(struct list_head *entry)
{
    __list_del_entry(entry);
    INIT_LIST_HEAD(entry);
}

static inline void list_replace(struct list_head *old, struct list_head *entry)
{
    entry->next = old->next;
    entry->next->prev = entry;
    entry->prev = old->prev;
    WRITE_ONCE(entry->prev->next, entry);
}

static inline void list_replace_init(struct list_head *old, struct list_head *entry)
{
    list_replace(old, entry);
    INIT_LIST_HEAD(old);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
    __list_del_entry(entry);
    list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
    __list_del_entry(entry);
    list_add_tail(entry, head);
}

static inline int list_empty(const struct list_head *head)
{
    return READ_ONCE(head->next) == head;
}

static inline int list_is_singular(const struct list_head *head)
{
    return !list_empty(head) && head->next == head->prev;
}

static inline int list_is_first(const struct list_head *entry, const struct list_head *head)
{
    return entry->prev == head;
}

static inline int list_is_last(const struct list_head *entry, const struct list_head *head)
{
    return entry->next == head;
}

static inline int list_is_head(const struct list_head *entry, const struct list_head *head)
{
    return entry == head;
}

static inline void list_rotate_left(struct list_head *head)
{
    if (!list_empty(head))
        list_move_tail(head->next, head);
}

static inline void __list_splice(const struct list_head *list, struct list_head *prev, struct list_head *next)
{
    list->next->prev = prev;
    WRITE_ONCE(prev->next, list->next);
    WRITE_ONCE(list->prev->next, next);
    next->prev = list->prev;
}

static inline void list_splice(const struct list_head *list, struct list_head *head)
{
    if (!list_empty(list))
        __list_splice(list, head, head->next);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
    if (!list_empty(list))
        __list_splice(list, head->prev, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
    list_splice(list, head);
    INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
    list_splice_tail(list, head);
    INIT_LIST_HEAD(list);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member) \
    (list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(at, member) list_entry((at)->member.next, __typeof__(*(at)), member)
#define list_prev_entry(at, member) list_entry((at)->member.prev, __typeof__(*(at)), member)
#define list_entry_is_head(at, head, member) (&(at)->member == (head))
#define list_for_each(at, head) for ((at) = (head)->next; (at) != (head); (at) = (at)->next)
#define list_for_each_prev(at, head) for ((at) = (head)->prev; (at) != (head); (at) = (at)->prev)
#define list_for_each_safe(at, n, head) \
    for ((at) = (head)->next, (n) = (at)->next; (at) != (head); (at) = (n), (n) = (at)->next)
#define list_for_each_entry(at, head, member)                               \
    for ((at) = list_first_entry(head, __typeof__(*(at)), member);          \
         !list_entry_is_head(at, head, member);                             \
         (at) = list_next_entry(at, member))
#define list_for_each_entry_reverse(at, head, member)                       \
    for ((at) = list_last_entry(head, __typeof__(*(at)), member);           \
         !list_entry_is_head(at, head, member);                             \
         (at) = list_prev_entry(at, member))
#define list_for_each_entry_continue(at, head, member)                      \
    for ((at) = list_next_entry(at, member);                                \
         !list_entry_is_head(at, head, member);                             \
         (at) = list_next_entry(at, member))
#define list_for_each_entry_from(at, head, member) \
    for (; !list_entry_is_head(at, head, member); (at) = list_next_entry(at, member))
#define list_for_each_entry_safe(at, n, head, member)                       \
    for ((at) = list_first_entry(head, __typeof__(*(at)), member),          \
         (n) = list_next_entry(at, member);                                 \
         !list_entry_is_head(at, head, member);                             \
         (at) = (n), (n) = list_next_entry(n, member))
#define list_for_each_entry_safe_reverse(at, n, head, member)               \
    for ((at) = list_last_entry(head, __typeof__(*(at)), member),           \
         (n) = list_prev_entry(at, member);                                 \
         !list_entry_is_head(at, head, member);                             \
         (at) = (n), (n) = list_prev_entry(n, member))

#define HLIST_HEAD_INIT { .first = NULL }
#define HLIST_HEAD(name) struct hlist_head name = { .first = NULL }
#define INIT_HLIST_HEAD(p) ((p)->first = NULL)

static inline void INIT_HLIST_NODE(struct hlist_node *node)
{
    node->next = NULL;
    node->pprev = NULL;
}

static inline int hlist_unhashed(const struct hlist_node *node)
{
    return !node->pprev;
}

static inline int hlist_empty(const struct hlist_head *head)
{
    return !READ_ONCE(head->first);
}

static inline void hlist_del_init(struct hlist_node *node)
{
    if (hlist_unhashed(node))
        return;
    *node->pprev = node->next;
    if (node->next)
        node->next->pprev = node->pprev;
    INIT_HLIST_NODE(node);
}

#define hlist_del(node) hlist_del_init(node)

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
    node->next = head->first;
    if (head->first)
        head->first->pprev = &node->next;
    head->first = node;
    node->pprev = &head->first;
}

static inline void hlist_add_behind(struct hlist_node *node, struct hlist_node *before)
{
    node->next = before->next;
    before->next = node;
    node->pprev = &before->next;
    if (node->next)
        node->next->pprev = &node->next;
}

#define hlist_entry(p, type, member) container_of(p, type, member)
#define hlist_entry_safe(p, type, member) ({              \
    __typeof__(p) entry_ = (p);                           \
    entry_ ? hlist_entry(entry_, type, member) : NULL;    \
})
#define hlist_for_each(at, head) for ((at) = (head)->first; (at); (at) = (at)->next)
#define hlist_for_each_entry(at, head, member)                                   \
    for ((at) = hlist_entry_safe((head)->first, __typeof__(*(at)), member); (at); \
         (at) = hlist_entry_safe((at)->member.next, __typeof__(*(at)), member))
#define hlist_for_each_entry_safe(at, n, head, member)                           \
    for ((at) = hlist_entry_safe((head)->first, __typeof__(*(at)), member);      \
         (at) && ((n) = (at)->member.next, 1);                                   \
         (at) = hlist_entry_safe((n), __typeof__(*(at)), member))

#endif
