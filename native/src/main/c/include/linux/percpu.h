/* SPDX-License-Identifier: Apache-2.0 */
/* linux/percpu.h: data that each CPU has. A module's alloc_percpu has 64 KiB for each CPU. */
#ifndef MKEMU_LINUX_PERCPU_H
#define MKEMU_LINUX_PERCPU_H

#include <linux/preempt.h>
#include <linux/smp.h>
#include <mkemu_kmod.h>

void *mkemu_per_cpu(struct module *m, const volatile void *variable, int cpu);
void *mkemu_alloc_percpu(struct module *m, size_t size, size_t align);
void mkemu_free_percpu(struct module *m, void *variable);

#define DEFINE_PER_CPU(type, name) __attribute__((section("mkemu_percpu"))) __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __attribute__((section("mkemu_percpu"))) __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) DEFINE_PER_CPU(type, name) __attribute__((aligned(64)))
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name) DEFINE_PER_CPU_ALIGNED(type, name)

#define per_cpu_ptr(p, cpu) ((__typeof__(*(p)) *)mkemu_per_cpu(&mkemu_kmod, (p), (int)(cpu)))
#define this_cpu_ptr(p) ((__typeof__(*(p)) *)mkemu_per_cpu(&mkemu_kmod, (p), -1))
#define raw_cpu_ptr(p) this_cpu_ptr(p)
#define per_cpu(name, cpu) (*per_cpu_ptr(&(name), cpu))
#define get_cpu_var(name) (*({ preempt_disable(); this_cpu_ptr(&(name)); }))
#define put_cpu_var(name) do { (void)&(name); preempt_enable(); } while (0)
#define get_cpu_ptr(p) ({ preempt_disable(); this_cpu_ptr(p); })
#define put_cpu_ptr(p) do { (void)(p); preempt_enable(); } while (0)

#define this_cpu_read(name) READ_ONCE(*this_cpu_ptr(&(name)))
#define this_cpu_write(name, value) WRITE_ONCE(*this_cpu_ptr(&(name)), (value))
#define this_cpu_add(name, n) ((void)(*this_cpu_ptr(&(name)) += (n)))
#define this_cpu_sub(name, n) ((void)(*this_cpu_ptr(&(name)) -= (n)))
#define this_cpu_inc(name) this_cpu_add(name, 1)
#define this_cpu_dec(name) this_cpu_sub(name, 1)
#define this_cpu_add_return(name, n) (*this_cpu_ptr(&(name)) += (n))
#define this_cpu_inc_return(name) this_cpu_add_return(name, 1)
#define __this_cpu_read(name) this_cpu_read(name)
#define __this_cpu_write(name, value) this_cpu_write(name, value)
#define __this_cpu_add(name, n) this_cpu_add(name, n)
#define __this_cpu_inc(name) this_cpu_inc(name)
#define __this_cpu_dec(name) this_cpu_dec(name)

#define alloc_percpu(type) \
    ((__typeof__(type) *)mkemu_alloc_percpu(&mkemu_kmod, sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, gfp) ((void)(gfp), alloc_percpu(type))
#define free_percpu(p) mkemu_free_percpu(&mkemu_kmod, (p))

#endif
