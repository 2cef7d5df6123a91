// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.KernelLogDescriptor;
import io.mkemu.host.view.MachineLogs.Entry;
import io.mkemu.log.KernelLog;
import io.mkemu.log.LogLevel;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MachineLogsTest {
    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final InstanceEntry one = machine.activate(1, 1);
    private final KernelLog log = new KernelLog(machine.memory(), 1);
    private final MachineLogs logs = new MachineLogs(machine.mapped());

    private static List<String> texts(List<Entry> entries) {
        return entries.stream().map(entry -> entry.name() + " " + entry.life() + " " + entry.text()).toList();
    }

    @Test
    void givesAllLogsInOrderAndEachLineOnce() {
        log.append(6, 1, "first");
        machine.activate(2, 2);
        KernelLog other = new KernelLog(machine.memory(), 2);
        other.append(3, -1, "second");
        log.append(6, 1, "third");
        List<Entry> entries = logs.poll();
        assertEquals(List.of("first", "second", "third"), entries.stream().map(Entry::text).toList());
        assertEquals(List.of(1, 2, 1), entries.stream().map(Entry::kernel).toList());
        assertEquals(List.of(LogLevel.INFO, LogLevel.ERR, LogLevel.INFO), entries.stream().map(Entry::level).toList());
        assertEquals(List.of(1, -1, 1), entries.stream().map(Entry::cpu).toList());
        assertTrue(entries.get(0).position() < entries.get(2).position());
        assertEquals(List.of(), logs.poll());
        other.append(6, 2, "fourth");
        assertEquals(List.of("fourth"), logs.poll().stream().map(Entry::text).toList());
    }

    @Test
    void theFirstLineOfALifeTellsItsNumber() {
        log.append(6, 1, "of some life");
        log.append(6, 1, "Command line: mk_ipi_shared=0x1000 mk_epoch=0x1 mk_life=7 quiet");
        log.append(6, 1, "booted");
        log.append(6, 1, "Command line: mk_life=8");
        log.append(6, 1, "booted again");
        assertEquals(List.of("instance-1 0 of some life",
            "instance-1 7 Command line: mk_ipi_shared=0x1000 mk_epoch=0x1 mk_life=7 quiet", "instance-1 7 booted",
            "instance-1 8 Command line: mk_life=8", "instance-1 8 booted again"), texts(logs.poll()));
        one.newLife(InstanceState.ACTIVE);
        log.append(6, 1, "last words");
        log.append(6, 1, "Command line: mk_life=9");
        assertEquals(List.of("instance-1 8 last words", "instance-1 9 Command line: mk_life=9"), texts(logs.poll()));
    }

    @Test
    void aLifeThatLastedFromOneLookToTheNextIsKnown() {
        log.append(6, 1, "before");
        assertEquals(List.of("instance-1 0 before"), texts(logs.poll()));
        log.append(6, 1, "now");
        assertEquals(List.of("instance-1 " + one.life() + " now"), texts(logs.poll()));
    }

    @Test
    void countsWhatItMissed() {
        log.append(6, 1, "Command line: mk_life=3");
        assertEquals(0, logs.poll().getFirst().missedBytes());
        String line = "x".repeat(500);
        for (int written = 0; written < 2 * KernelLogDescriptor.RECORDS_LENGTH; written += line.length()) {
            log.append(6, 1, line);
        }
        one.newLife(InstanceState.ACTIVE);
        List<Entry> entries = logs.poll();
        assertTrue(entries.getFirst().missedBytes() > KernelLogDescriptor.RECORDS_LENGTH / 2);
        assertEquals(MachineLogs.UNKNOWN_LIFE, entries.getFirst().life());
        assertTrue(entries.stream().skip(1).allMatch(entry -> entry.missedBytes() == 0));
    }

    @Test
    void anotherInstanceOfTheIdHasALifeOfItsOwn() {
        log.append(6, 1, "Command line: mk_life=3");
        logs.poll();
        one.name("other");
        log.append(6, 1, "hello");
        assertEquals(List.of("other 0 hello"), texts(logs.poll()));
    }
}
