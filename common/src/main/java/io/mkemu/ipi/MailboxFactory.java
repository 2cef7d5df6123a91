// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.RamLayout;
import io.mkemu.cpu.LocalApic;
import io.mkemu.table.InstanceTable;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes the parts of one of the two mailboxes: its IPI area, and both ends of it. All in which the two differ:
 *
 * <table>
 * <caption>queued against single-slot</caption>
 * <tr><th></th><th>queued</th><th>single-slot</th></tr>
 * <tr><td>send to an instance that is not active</td><td>-ESHUTDOWN</td><td>0, nobody may ever see it</td></tr>
 * <tr><td>send when the receiver lags</td><td>-ENOSPC once the lane is full</td><td>0, overwrites</td></tr>
 * <tr><td>zero-size send</td><td>delivered</td><td>0, dropped by the receiver</td></tr>
 * <tr><td>delivery</td><td>each message once to each handler</td><td>what lies in the slot, once per irq_work</td></tr>
 * <tr><td>what the callback sees</td><td>a stable message</td><td>the live slot</td></tr>
 * <tr><td>send to oneself</td><td>delivered</td><td>-ENODEV</td></tr>
 * <tr><td>send a page of another's</td><td>-EINVAL</td><td>0</td></tr>
 * <tr><td>which slot</td><td>the lane of the physical CPU id</td><td>sender: the CPU's number; receiver: its
 * physical id</td></tr>
 * <tr><td>type wider than 32 bits</td><td>-EINVAL</td><td>cut</td></tr>
 * <tr><td>area taken away during a send</td><td>waits for the sender</td><td>the sender writes freed memory</td></tr>
 * <tr><td>unregister from the own callback, or of a handler that is pending</td><td>-EDEADLK</td><td>waits for
 * itself</td></tr>
 * <tr><td>map a page its owner did not share</td><td>refused</td><td>mapped</td></tr>
 * <tr><td>free a page that a kernel has mapped</td><td>-EBUSY</td><td>freed</td></tr>
 * <tr><td>spurious interrupt</td><td>nothing</td><td>delivers the slot again</td></tr>
 * </table>
 */
public interface MailboxFactory {
    /** What makes the areas of a mode. */
    static MailboxFactory of(IpiMode mode) {
        return mode == IpiMode.QUEUED ? new QueuedMailbox() : new SingleSlotMailbox();
    }

    /** Whether a send needs an active target: what the RFC never asks. */
    boolean needsActiveTarget();

    /** Whether an area that senders still use must not be freed: what the RFC never asks either. */
    boolean waitsForSenders();

    /** Bytes of the area of an instance with so many CPUs, whole pages. */
    long areaLength(RamLayout layout, int cpus);

    /** Makes an empty area of a zeroed one, before it is published. */
    void format(UnsafeBuffer area, RamLayout layout, int cpus);

    /** What is wrong with an area, or null: it was made for this layout, as far as it says so itself. */
    String problem(UnsafeBuffer area, RamLayout layout, int cpus);

    /**
     * The receiving end of one of the owner's CPUs.
     *
     * @param logicalCpu index of the CPU in its instance
     * @param polling    whether this CPU may ever poll: false with idle=halt
     * @param dispatcher where it delivers to
     * @param instances  say who owns a CPU
     */
    IpiReceiver receiver(UnsafeBuffer area, RamLayout layout, LocalApic apic, int logicalCpu, boolean polling,
        IpiDispatcher dispatcher, InstanceTable instances);

    /**
     * The sending end of one CPU towards one of the owner's CPUs.
     *
     * @param logicalCpu index of the target in its instance
     * @param target     its local APIC
     * @param senderCpu  physical id of the CPU that sends
     */
    IpiChannel channel(UnsafeBuffer area, RamLayout layout, int logicalCpu, LocalApic target, int senderCpu);
}
