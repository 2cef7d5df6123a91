/* SPDX-License-Identifier: Apache-2.0 */
/* linux/hashtable.h: arrays of lists, by the hash of a key. */
#ifndef MKEMU_LINUX_HASHTABLE_H
#define MKEMU_LINUX_HASHTABLE_H

#include <linux/array_size.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/rculist.h>

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)] = { HLIST_HEAD_INIT }
#define HASH_SIZE(table) ARRAY_SIZE(table)
#define HASH_BITS(table) ((unsigned int)ilog2(HASH_SIZE(table)))
#define hash_min(key, bits) (sizeof(key) <= 4 ? hash_32((u32)(key), bits) : (u32)hash_64((u64)(key), bits))
#define mkemu_hash_list_(table, key) (&(table)[hash_min(key, HASH_BITS(table))])

#define hash_init(table)                                            \
    do {                                                            \
        for (size_t list_ = 0; list_ < HASH_SIZE(table); list_++)   \
            INIT_HLIST_HEAD(&(table)[list_]);                       \
    } while (0)
#define hash_add(table, node, key) hlist_add_head(node, mkemu_hash_list_(table, key))
#define hash_add_rcu(table, node, key) hlist_add_head_rcu(node, mkemu_hash_list_(table, key))

static inline bool mkemu_hash_empty_(const struct hlist_head *table, size_t size)
{
    for (size_t list = 0; list < size; list++)
        if (!hlist_empty(&table[list]))
            return false;
    return true;
}

#define hash_empty(table) mkemu_hash_empty_(table, HASH_SIZE(table))

static inline bool hash_hashed(struct hlist_node *node)
{
    return !hlist_unhashed(node);
}

static inline void hash_del(struct hlist_node *node)
{
    hlist_del_init(node);
}

static inline void hash_del_rcu(struct hlist_node *node)
{
    hlist_del_init_rcu(node);
}

#define hash_for_each_rcu(table, list, at, member)                                  \
    for ((list) = 0; (size_t)(list) < HASH_SIZE(table); (list)++)                   \
        hlist_for_each_entry_rcu(at, &(table)[list], member)
#define hash_for_each(table, list, at, member)                                      \
    for ((list) = 0; (size_t)(list) < HASH_SIZE(table); (list)++)                   \
        hlist_for_each_entry(at, &(table)[list], member)
#define hash_for_each_safe(table, list, n, at, member)                              \
    for ((list) = 0; (size_t)(list) < HASH_SIZE(table); (list)++)                   \
        hlist_for_each_entry_safe(at, n, &(table)[list], member)
#define hash_for_each_possible(table, at, member, key) \
    hlist_for_each_entry(at, mkemu_hash_list_(table, key), member)
#define hash_for_each_possible_safe(table, at, n, member, key) \
    hlist_for_each_entry_safe(at, n, mkemu_hash_list_(table, key), member)
#define hash_for_each_possible_rcu(table, at, member, key) \
    hlist_for_each_entry_rcu(at, mkemu_hash_list_(table, key), member)

#endif
