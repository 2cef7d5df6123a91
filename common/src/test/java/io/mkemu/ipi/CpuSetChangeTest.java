// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Senders whose target's CPU set changes while they are connected. */
class CpuSetChangeTest {
    private static final int ID = 1;
    private static final int SENDER = 0;
    private static final int POSSIBLE = 3;

    private final TestMachine machine = new TestMachine();
    private final UnsafeBuffer data = new UnsafeBuffer(new byte[8]);
    private final List<Long> came = new ArrayList<>();
    private InstanceEntry entry;
    private IpiSender sender;

    @BeforeEach
    void activate() {
        entry = machine.reserve(ID, 1, 2);
        assertEquals(0, machine.mapped().interconnect().areas().create(ID, POSSIBLE));
        entry.newLife(InstanceState.ACTIVE);
        sender = machine.mapped().interconnect().sender(machine.mapped().apic(SENDER));
    }

    @AfterEach
    void close() throws Exception {
        sender.close();
        machine.close();
    }

    private int send(int cpu, long value) {
        data.putLong(0, value);
        return sender.sendToCpu(ID, cpu, 7, data, 0, 8);
    }

    private void add(int cpu, int logical) {
        machine.mapped().apic(cpu).reset();
        machine.mapped().apic(cpu).configure(cpu, false, ID, cpu);
        machine.mapped().apic(cpu).logicalCpu(logical);
        entry.cpu(cpu, true);
    }

    /** What has come to a CPU, read by its block. */
    private List<Long> received(int cpu) {
        came.clear();
        try (TestCpu receiver = new TestCpu(machine.mapped(), entry, Arrays.binarySearch(entry.cpus(), cpu), false,
            message -> came.add(message.buffer().getLong(0)))) {
            receiver.receiver().audit();
            receiver.turn();
        }
        return List.copyOf(came);
    }

    @Test
    void aCpuThatComesIsFoundAtTheFirstSendToIt() {
        assertEquals(0, send(2, 1));
        assertEquals(-Errno.EINVAL, send(4, 2));
        add(4, 2);
        assertEquals(0, send(4, 3));
        assertEquals(0, send(1, 4));
        assertEquals(List.of(3L), received(4));
        assertEquals(List.of(4L), received(1));
        assertEquals(List.of(1L), received(2));
    }

    @Test
    void aCpuThatCameBetweenTheOthersTakesNobodysLane() {
        machine.mapped().apic(2).logicalCpu(2);
        entry.cpu(2, false);
        add(5, 1);
        assertEquals(0, send(5, 1));
        add(3, 2);
        assertEquals(0, send(3, 2));
        assertEquals(0, send(5, 3));
        assertEquals(List.of(1L, 3L), received(5));
        assertEquals(List.of(2L), received(3));
    }

    @Test
    void aCpuThatGoesIsSentToUntilTheSenderTakesTheInterrupt() throws InterruptedException {
        assertEquals(0, send(2, 1));
        entry.cpu(2, false);
        assertEquals(0, send(2, 2), "its copy of the set still has it");
        assertEquals(SENDER, machine.mapped().interconnect().areas().awaitSenders(ID, 1), "it has not been asked");
        assertTrue(machine.mapped().apic(SENDER).isPending(LocalApicDescriptor.RESCHEDULE_VECTOR));
        AtomicBoolean answers = new AtomicBoolean(true);
        Thread answering = Thread.ofPlatform().start(() -> takesInterrupts(answers));
        assertEquals(-1, machine.mapped().interconnect().areas().awaitSenders(ID, TimeUnit.SECONDS.toNanos(20)));
        answers.set(false);
        answering.join();
        assertEquals(-Errno.EINVAL, send(2, 3));
        assertEquals(0, send(1, 4), "the others are as before");
        entry.cpu(2, true);
        assertEquals(List.of(1L, 2L), received(2));
        assertEquals(0, send(2, 5));
        assertEquals(List.of(5L), received(2), "after what it had sent before");
    }

    private void takesInterrupts(AtomicBoolean answers) {
        while (answers.get()) {
            if (machine.mapped().apic(SENDER).takePending() != 0) {
                sender.letGo();
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void aBlockThatAnotherCpuTakesGoesOnWhereItWas() {
        assertEquals(0, send(2, 1));
        assertEquals(List.of(1L), received(2));
        entry.cpu(2, false);
        machine.mapped().apic(2).configure(-1, false, -1, 2);
        sender.letGo();
        add(6, 1);
        machine.mapped().apic(6).consumedBefore(1);
        assertEquals(0, send(6, 2));
        assertEquals(List.of(2L), received(6), "the receiver begins behind what was consumed");
        assertEquals(0, machine.mapped().apic(SENDER).counter(Counter.ANOMALIES));
        IpiBacklog backlog = IpiBacklog.of(machine.mapped().interconnect(), entry);
        assertTrue(backlog.isEmpty(), backlog::toString);
    }

    @Test
    void aSetThatCannotBeTrueEndsTheSendsAndIsCounted() {
        assertEquals(0, send(2, 1));
        add(4, POSSIBLE);
        assertEquals(-Errno.ENODEV, send(4, 2));
        assertEquals(1, machine.mapped().apic(SENDER).counter(Counter.ANOMALIES));
        assertFalse(machine.mapped().apic(SENDER).sendsTo(ID), "it holds up nobody");
        entry.cpu(4, false);
        assertEquals(0, send(2, 3));
    }

    @Test
    void whoSendsToNobodyIsNotWaitedFor() {
        entry.cpu(2, false);
        assertEquals(-1, machine.mapped().interconnect().areas().awaitSenders(ID, 0));
        assertFalse(machine.mapped().apic(SENDER).hasPending());
    }
}
