/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux/rcupdate.h: read-copy-update. A reader must not sleep, and to do so is a BUG; a grace period is over when
 * every other CPU has been outside modules once.
 */
#ifndef MKEMU_LINUX_RCUPDATE_H
#define MKEMU_LINUX_RCUPDATE_H

#include <linux/barrier.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <mkemu_kmod.h>

void synchronize_rcu(void);
void mkemu_call_rcu(struct module *m, struct rcu_head *head, rcu_callback_t function);
void rcu_barrier(void);

#define rcu_read_lock() preempt_disable()
#define rcu_read_unlock() preempt_enable()
#define rcu_read_lock_bh() preempt_disable()
#define rcu_read_unlock_bh() preempt_enable()
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_dereference_check(p, condition) rcu_dereference(p)
#define rcu_dereference_protected(p, condition) (p)
#define rcu_dereference_raw(p) rcu_dereference(p)
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_assign_pointer(p, value) __atomic_store_n(&(p), (value), __ATOMIC_RELEASE)
#define RCU_INIT_POINTER(p, value) WRITE_ONCE(p, value)
#define rcu_replace_pointer(p, value, condition) ({ __typeof__(p) old_ = (p); rcu_assign_pointer(p, value); old_; })
#define synchronize_rcu_expedited() synchronize_rcu()
/* The function runs in interrupt context. */
#define call_rcu(head, function) mkemu_call_rcu(&mkemu_kmod, (head), (function))
/* Frees what the head is a member of, as the first 4095 bytes; without a head it waits. */
#define mkemu_kfree_rcu_2_(p, member) call_rcu(&(p)->member, (rcu_callback_t)offsetof(__typeof__(*(p)), member))
#define mkemu_kfree_rcu_1_(p) ({ synchronize_rcu(); kfree(p); })
#define mkemu_kfree_rcu_pick_(a, b, name, ...) name
#define kfree_rcu(...) mkemu_kfree_rcu_pick_(__VA_ARGS__, mkemu_kfree_rcu_2_, mkemu_kfree_rcu_1_, 0)(__VA_ARGS__)
#define kfree_rcu_mightsleep(p) mkemu_kfree_rcu_1_(p)
#define kvfree_rcu(...) kfree_rcu(__VA_ARGS__)

#endif
