// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.console.Console;
import io.mkemu.console.ConsoleHandler;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The kernel, as a module sees it. The calls of the RFC keep their names and their results: 0 or a negative errno of
 * {@link Errno}, never an exception.
 *
 * <p><b>Threads.</b> A kernel's CPUs are its threads. Callbacks, tasks and module methods run on them, and that is
 * where these calls belong. Those that act as a CPU (all that send, startTask, unregisterHandler, the CPU ids) throw
 * IllegalStateException on any other thread; {@link #runOnCpu} is the way in.
 */
public interface Kernel {
    /** Id of this instance, 0..255; 0 is the host. */
    int instanceId();

    /** Name of this instance. */
    String instanceName();

    /** Logical id of the CPU this runs on, 0 = boot CPU: smp_processor_id. */
    int smpProcessorId();

    /** Physical id of the CPU this runs on: arch_cpu_physical_id. */
    int physicalCpuId();

    /** The instances of the machine, the host and this one included, by ascending id. Allocates; not for hot paths. */
    List<Instance> instances();

    /**
     * An instance by its id: mk_instance_find. Allocates; not for hot paths.
     *
     * @return it, or null
     */
    Instance findInstance(int instanceId);

    /**
     * Whether an instance can receive now. Allocates nothing.
     *
     * @return false too for an id that is none
     */
    boolean isActive(int instanceId);

    /**
     * The number of an instance's life, mk_life: each boot of its kernel begins a new one. With it a module tells a
     * peer that has been started again from the one that it talked to; {@link MkIpiData#senderLife} tells it of a
     * message. Allocates nothing. Not in the RFC.
     *
     * @return the life that it is in, or was in last, from 1; 0 if none has begun, or for an id that is none
     */
    long life(int instanceId);

    /**
     * Has a listener told, on this CPU, what becomes of instances: of each that is active now, and of each change from
     * now on. An end is told once the host has noticed it, some ms after the process is gone as a rule; messages that
     * the instance had sent to this CPU come before that, except those in the midst of which it died. Not in the RFC.
     *
     * @param listener not null
     * @return to end it; it ends with the module at the latest
     * @throws IllegalStateException as {@link #startTask}
     */
    InstanceWatch onInstanceChange(InstanceListener listener);

    /**
     * Has a listener told of each CPU that this kernel is given or gives back while it runs ({@code mk update} with
     * {@code --add-cpus} or {@code --remove-cpus}); it may keep one. A recording cannot be replayed from the first
     * change on. Where CPUs cannot come and go, in replays and simulations, nothing is told. What Linux has
     * cpuhp_setup_state for; not in the RFC. On the boot CPU.
     *
     * @param listener not null
     * @return to end it; it ends with the module at the latest
     * @throws IllegalStateException on another CPU, or if the module has ended
     */
    default ResourceWatch onCpu(CpuListener listener) {
        return () -> { };
    }

    /**
     * Has a listener told when the host gives this kernel memory or wants some back while it runs (mk update
     * --add-memory, --remove-memory). On the boot CPU, in init for instance. Not in the RFC.
     *
     * @param listener not null
     * @return to end it; it ends with the module at the latest. A kernel whose memory stays the same, one of a test for
     *     instance, tells nothing
     * @throws IllegalStateException as {@link #startTask}; or elsewhere than on the boot CPU
     */
    default ResourceWatch onMemory(MemoryListener listener) {
        return () -> { };
    }

    /**
     * The instance to answer: who owns the CPU that sent a message.
     *
     * @param senderCpu {@link MkIpiData#senderCpu}
     * @return its id, or -1 if nobody owns that CPU
     */
    int instanceOfCpu(int senderCpu);

    /**
     * Sends bytes to the first CPU of an instance: multikernel_send_ipi_data. They are copied before the call returns.
     *
     * @param instanceId target
     * @param data       payload; null sends zeros
     * @param offset     where in data it begins
     * @param size       bytes, 0..256
     * @param type       any 32 bits
     * @return 0: it will be delivered unless the target dies; -EINVAL (no such instance; size), -ENODEV (no IPI area;
     *     in single-slot mode also to oneself), -ESHUTDOWN (not active), -ENOSPC (the lane to it is full: try again
     *     later)
     */
    int sendIpiData(int instanceId, DirectBuffer data, int offset, int size, int type);

    /** As {@link #sendIpiData(int, DirectBuffer, int, int, int)}, a whole array. Allocates nothing. */
    int sendIpiData(int instanceId, byte[] data, int type);

    /**
     * As {@link #sendIpiData(int, DirectBuffer, int, int, int)}, to one CPU of the instance. Not in the RFC.
     *
     * @return also -EINVAL if the instance does not own that CPU
     */
    int sendIpiDataToCpu(int instanceId, int physicalCpu, DirectBuffer data, int offset, int size, int type);

    /**
     * As {@link #sendIpiData(int, DirectBuffer, int, int, int)}, with the RFC's type, an unsigned long.
     *
     * @return queued: also -EINVAL for a type beyond 32 bits; single-slot cuts it, as the RFC does
     */
    int sendIpiDataLongType(int instanceId, DirectBuffer data, int offset, int size, long type);

    /**
     * As {@link #sendIpiData(int, DirectBuffer, int, int, int)}, but while the lane is full it waits until there is
     * room or the time is over. Not in the RFC; a single-slot mailbox is never full, so nobody waits there.
     *
     * <p>The CPU does nothing else meanwhile: it takes no interrupts, runs no tasks and does not park, so its kernel
     * does not shut down before either. Two CPUs that wait for room at each other wait until the time of one is over:
     * choose a time that all who send to this CPU can bear, and wait in a task rather than in a callback. To the CPU
     * itself the call does not wait, since nobody else makes room there. Allocates nothing.
     *
     * @param timeoutNanos how long to wait at most, in ns, any value; 0 or less: not at all. It may be exceeded by what
     *     the operating system takes to run the CPU again, in the order of 100 us
     * @return as sendIpiData: -ENOSPC when the time is over, counted once; if it comes while it waits, at once
     *     -ESHUTDOWN (the target is no longer active: a message that waits for one life is not sent to the next),
     *     -ENODEV (its IPI area was taken away)
     */
    int sendIpiDataTimeout(int instanceId, DirectBuffer data, int offset, int size, int type, long timeoutNanos);

    /**
     * Registers a callback for a type: multikernel_register_handler. Oldest first; every handler of a type runs; the
     * same callback may be registered again.
     *
     * @param callback null registers nothing
     * @param context  handed to each call
     * @return the handler, or null without a callback
     * @throws IllegalStateException if the module has ended, or its init failed: nothing of it may remain
     */
    IpiHandler registerHandler(IpiCallback callback, Object context, int type);

    /**
     * Gives a type of messages a name, which {@code mk trace}, its exports, {@code mk interrupts} and {@code mk replay}
     * show with the type's number: ("rpc.request"). A kernel keeps its names for its life, in shared memory, so there
     * is room for 512 bytes of them, of which each takes 5 more than it has letters: about 25 names. The journal keeps
     * them too. Not in the RFC. Any CPU; not for hot paths.
     *
     * @param type any 32 bits
     * @param name 1..63 of letters, digits and {@code _ . : / -}; begins with a letter
     * @return 0, also if the type has this name already or this kernel keeps none; -EINVAL: this is no name; -EEXIST: a
     *     module has given the type another name; -ENOSPC: there is no room for it
     */
    default int nameType(int type, String name) {
        return 0;
    }

    /**
     * Takes a handler back: multikernel_unregister_handler. Waits until no callback of it runs on another CPU; none
     * begins after the return.
     *
     * @return 0 (also for null), -ENOENT if it is not registered, -EDEADLK from inside its own callback,
     *     from inside one that a CPU in the handler's callback waits for in turn, or while the message of the callback
     *     has still to go to the handler (in single-slot mode it waits for itself there, as the RFC does)
     */
    int unregisterHandler(IpiHandler handler);

    /**
     * Shares a page of this instance's memory: mk_send_pfn. From now on the target may map it.
     *
     * @return as {@link #sendIpiData}; queued: -EINVAL also if the page is not allocated from this instance's pool
     *     (in single-slot mode any is sent, as the RFC does)
     */
    int sendPfn(int instanceId, long pfn);

    /**
     * Takes a page back: the target can map it no more. What it has mapped already stays mapped there until it unmaps,
     * and cannot be freed until then. Not in the RFC.
     *
     * @return 0, or -EINVAL if the page is not this instance's
     */
    int revokePfn(int instanceId, long pfn);

    /**
     * The PFN that a message carries: mk_receive_pfn.
     *
     * @return it, or -EINVAL: no data, not MK_PFN_IPI_TYPE, or not 8 bytes
     */
    long receivePfn(MkIpiData data);

    /**
     * Maps the page that a message carries: mk_receive_map_page.
     *
     * @return a window of 4096 bytes; null if it carries none, or a page outside RAM, or one that its sender does not
     *     own or did not share with this instance (the kernel log says which; in single-slot mode any page of RAM is
     *     mapped, as the RFC does). Its owner cannot free the page until each window on it is unmapped
     */
    Window receiveMapPage(MkIpiData data);

    /** Unmaps such a page: mk_receive_unmap_page. The same as closing the window. Null: nothing. */
    void receiveUnmapPage(Window page);

    /**
     * Allocates pages one behind the other from this instance's pool: alloc_contig_pages. What
     * {@link #sendPages} shares with one message.
     *
     * @param pages how many; at most {@link PageRange#MOST}, as one window can show them
     * @return the PFN of the first; -EINVAL: 0 or fewer, or more than the whole pool has; -ENOMEM: there are not so
     *     many free ones one behind the other. The kernel log says then, rate-limited, how many are free and how many
     *     in a row
     */
    long allocPages(long pages);

    /** As {@link #instanceFree}, for all pages that {@link #allocPages} returned: free_contig_range. */
    default int freePages(long pfn, long pages) {
        boolean isRange = pfn > 0 && pages > 0 && pages <= PageRange.MOST;
        return isRange ? instanceFree(Pages.address(pfn), Pages.address(pages))
            : -Errno.EINVAL;
    }

    /**
     * Shares pages one behind the other, and tells the target by one message of type MK_PAGES_IPI_TYPE. From now on it
     * may map them. As {@link #sendPfn} for each of them in all else; not in the RFC.
     *
     * @param pfn   of the first page
     * @param pages how many: 1 .. {@link PageRange#MOST}
     * @param tag   any, for the receiver: a number of the transfer, say
     * @return as {@link #sendPfn}: if it is not 0, none is shared that was not before; -EINVAL also for 0 pages, or
     *     more than there are behind pfn (in single-slot mode too)
     */
    int sendPages(int instanceId, long pfn, long pages, long tag);

    /**
     * Takes pages back, as {@link #revokePfn} each of them: also some of those that were shared at once.
     *
     * @return 0, or -EINVAL if one of them is not this instance's: none is taken back then
     */
    int revokePages(int instanceId, long pfn, long pages);

    /**
     * The pages that a message carries: of {@link #sendPages}, or the one page of {@link #sendPfn}.
     *
     * @return them, or null if it carries none
     */
    default PageRange receivePages(MkIpiData data) {
        return PageRange.of(data);
    }

    /**
     * Maps all the pages that a message carries, as {@link #receiveMapPage} each of them. All or none.
     *
     * @return one window on all of them; null if there is a page among them that cannot be mapped (the kernel log says
     *     which, and why). Its owner cannot free the pages until each window on them is unmapped, by
     *     {@link #receiveUnmapPage} or by closing it. This process keeps some of the mappings of windows that are
     *     closed, so that to map the same pages again costs no page faults
     */
    Window receiveMapPages(MkIpiData data);

    /**
     * Allocates from this instance's pool: multikernel_instance_alloc.
     *
     * @param size  bytes, rounded up to whole pages
     * @param align a power of two; at least a page is used
     * @return physical address, or 0 when the pool is full
     */
    long instanceAlloc(long size, long align);

    /**
     * Frees what {@link #instanceAlloc} returned, with the same size: multikernel_instance_free. Shares of its pages
     * end.
     *
     * @return 0; -EINVAL or -ENOENT if that was not allocated; -EBUSY if a kernel that it was shared with has one of
     *     its pages mapped: nothing is freed, yet the shares have ended, so try again once that kernel has unmapped it.
     *     In single-slot mode it is freed, whoever has it mapped, as the RFC does
     */
    int instanceFree(long address, long size);

    /**
     * Maps memory of this instance's own pool: memremap.
     *
     * @return a window on it
     * @throws io.mkemu.MachineException if it lies outside this instance's pool
     */
    Window memremap(long address, long size);

    /**
     * Writes to the kernel log, which keeps lines of all levels: printk. The console shows those of a level below
     * {@code loglevel=}, 7 if that is not given, so all but debug. Any thread.
     *
     * @param text one line, or several: each becomes a record; of more than 1000 bytes the rest of a line is cut
     */
    void printk(LogLevel level, String text);

    /** Writes a line at level info: pr_info. */
    default void printk(String text) {
        printk(LogLevel.INFO, text);
    }

    /**
     * As {@link #printk(LogLevel, String)}, for what may come in floods: printk_ratelimited. Of the calls of this
     * module with this level 10 in 5 s pass. The others are counted, and the log tells how many there were before the
     * next line after those 5 s, or when the kernel shuts down. Any thread; takes no lock and allocates nothing when
     * the line does not pass.
     */
    void printkRatelimited(LogLevel level, String text);

    /**
     * A parameter of the kernel's command line, its own ones (idle, loglevel) included: what the kernel does not know
     * is for its modules. '-' and '_' are the same.
     *
     * @return its value, "" if it stands without one, null if it is not there
     */
    String bootParameter(String name);

    /**
     * A parameter of this module, as {@code module.name=value} on the kernel's command line gave it.
     *
     * @return its value, or null
     */
    String parameter(String name);

    /** A whole number among this module's parameters, or what is to be taken where it is not given. */
    default long parameter(String name, long otherwise) {
        String value = parameter(name);
        return value == null ? otherwise : io.mkemu.boot.MemParse.parse(value);
    }

    /**
     * Starts a task on this CPU: kthread_run. {@code mk run} ends when all tasks of all kernels have ended.
     *
     * @param name for the log
     * @return it, to wake it
     * @throws IllegalStateException also if the module has ended, or its init failed: nothing of it may remain
     */
    TaskHandle startTask(String name, Task task);

    /**
     * As {@link #startTask}, for a task that serves others: {@code mk run} does not wait for its end.
     *
     * @throws IllegalStateException as startTask
     */
    TaskHandle startDaemonTask(String name, Task task);

    /**
     * Has something run on this CPU once, so many ns from now: timer_setup and mod_timer. Not before its time; later by
     * what the CPU is in the midst of, and by what the operating system takes to wake it, in the order of 100 us. It
     * runs between interrupts and tasks; what it throws is logged. {@code mk run} does not wait for it. A CPU with
     * timers sleeps and polls as one without. Allocates the timer.
     *
     * @param nanos 0 or less: in the next turn of the CPU
     * @param what  not null
     * @return the timer, to cancel or restart it
     * @throws IllegalStateException as startTask
     */
    Timer after(long nanos, Runnable what);

    /**
     * As {@link #after}, again and again: each time so many ns after the time at which it was to go off before. Times
     * that were missed are left out.
     *
     * @param nanos the period
     * @throws IllegalArgumentException if it is 0 or less
     * @throws IllegalStateException    as startTask
     */
    Timer every(long nanos, Runnable what);

    /**
     * Makes a CPU one that other threads can act as, while its own thread waits for them inside of the module. For
     * code that cannot be run in steps, a kernel thread with a stack of its own. Any thread.
     *
     * @param logicalCpu 0 = boot CPU
     */
    LentCpu lendCpu(int logicalCpu);

    /**
     * Lets a moment pass: ndelay. The CPU does nothing else meanwhile, so this is for {@link KernelModule#init} and
     * {@link KernelModule#exit}, which cannot be left and entered again as a task can.
     *
     * @param nanos so long at the most; it may be less
     */
    void delay(long nanos);

    /**
     * Ends this kernel because it cannot go on: panic. The instance fails with the reason; a host's kernel takes the
     * machine with it. Does not return, but where many kernels live in one process: a simulation and a replay end
     * soon after it.
     *
     * @param reason one line
     */
    void panic(String reason);

    /**
     * Runs something on a CPU of this kernel, soon. The only call that any thread may make.
     *
     * @param logicalCpu 0 = boot CPU
     */
    void runOnCpu(int logicalCpu, Runnable work);

    /** CLOCK_MONOTONIC in ns: the same clock in every kernel of the machine. */
    long nanoTime();

    /**
     * Random bits: get_random_u64. A journal of trace=all records them, so that a replay has the same. From a fast
     * generator, seeded anew in each life: not for secrets. Any thread; takes no lock and allocates nothing.
     */
    long randomLong();

    /**
     * Publishes a value of this kernel under a name, in place of the former value of that name: ("leader", 2). Only a
     * simulation looks at it, with its {@link Check}s; on a real machine and in a replay the call does nothing and
     * costs no more than a call. The modules of a kernel share the names. A value ends with the life of its kernel.
     * Any CPU of the kernel; allocates nothing and never throws.
     *
     * @param name  not null; the same few names again and again, so constants
     * @param value any
     */
    default void observe(String name, long value) {
    }

    /**
     * Makes an operation that goes into the history of the machine when it begins and ends. Only a simulation keeps a
     * history and checks it, against a {@link SequentialModel}; on a real machine and in a replay this is always
     * {@link Operation#UNSEEN}, which does nothing. Any CPU of the kernel; allocates nothing there and never throws.
     *
     * @param name what it does: "lock"; not null
     * @return a new one at each call, to be kept and used again: at init, say, one for each request that the module can
     *     have under way at once
     */
    default Operation operation(String name) {
        return Operation.UNSEEN;
    }

    /**
     * Opens this instance's console: what is typed into {@code mk console} and {@code mk exec NAME -- COMMAND} reaches
     * this module from now on, on this CPU. One module of a kernel at a time; it ends with the module. Not in the RFC.
     *
     * @param handler called when there is something to do, and once for the first
     * @return it, or null: another module has it, or this kernel has none, as in a simulation
     * @throws IllegalStateException as {@link #startTask}
     */
    default Console openConsole(ConsoleHandler handler) {
        return null;
    }

    /**
     * What a file of /proc says now, as this kernel knows it: {@code cmdline}, {@code cpus}, {@code handlers},
     * {@code instances}, {@code interrupts}, {@code iomem}, {@code kmsg}, {@code modules}, {@code tasks}. Allocates;
     * not for hot paths. Any CPU.
     *
     * @param file its name below /proc
     * @return lines of text, each with its line end; null: there is no such file
     */
    default String proc(String file) {
        return null;
    }

    /**
     * Reads memory: of this instance's own pool, and of pages that this kernel has mapped. What lies there may change
     * meanwhile.
     *
     * @param address physical, any
     * @param length  1..4096
     * @return 0; -EINVAL: no such length; -EPERM: some of it is neither; -ENOSYS: this kernel cannot tell
     */
    default int readMemory(long address, MutableDirectBuffer to, int index, int length) {
        return -Errno.ENOSYS;
    }
}
