// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceEvent;
import io.mkemu.module.Instance;
import io.mkemu.record.InstanceList;
import io.mkemu.replay.ReplayResult.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The formats between a journal, a replay's process and who started it. */
@Timeout(300)
class ScriptTest {
    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("script");
    }

    @Test
    void aHeaderComesBack() throws Exception {
        ScriptHeader header = new ScriptHeader(255, "größer", 0x7fff_ffff, IpiMode.SINGLE_SLOT, -1, "",
            List.of("/a b/ü.jar", "echo"), List.of(0, 1023), 0);
        new ScriptWriter(file(), header).close();
        try (ScriptReader reader = new ScriptReader(file())) {
            assertEquals(header, reader.header());
            assertFalse(reader.next());
        }
    }

    @Test
    void stepsComeBack() throws Exception {
        new Scripted(4, 5).init().sent(1, 2, new byte[256]).callback(1, 7, new byte[100]).task(0, 3, true, 0)
            .write(file());
        try (ScriptReader reader = new ScriptReader(file())) {
            assertEquals(3, reader.header().steps());
            List<String> steps = new ArrayList<>();
            while (reader.next()) {
                steps.add(reader.number() + " " + reader.cpu() + " " + reader.record().event() + " "
                    + reader.record().size() + " " + reader.length());
            }
            assertEquals(List.of("1 0 WORK 0 32", "2 1 CALLBACK 100 480", "3 0 TASK 0 32"), steps);
            assertFalse(reader.next());
        }
    }

    @Test
    void aScriptWithoutItsEndHasNoSteps() throws Exception {
        ScriptWriter writer = new ScriptWriter(file(), new Scripted(1).header());
        UnsafeBuffer step = new UnsafeBuffer(new byte[1 << 20]);
        writer.step(0, step, 0, step.capacity());
        try (ScriptReader reader = new ScriptReader(file())) {
            assertEquals(0, reader.header().steps());
            assertFalse(reader.next());
        }
        writer.close();
        writer.close();
    }

    @Test
    void whatIsDamagedIsRefused() throws Exception {
        byte[] good = Files.readAllBytes(new Scripted(4).init().callback(0, 7, (byte) 1).write(file()));
        int header = new Scripted(4).header().encode().length;
        for (int length = 0; length < good.length; length++) {
            Files.write(file(), Arrays.copyOf(good, length));
            MachineException refused = assertThrows(MachineException.class, this::readAll, "of " + length + " bytes");
            assertTrue(refused.getMessage().contains("script"), refused::getMessage);
        }
        for (int[] change : new int[][] {{ScriptDescriptor.MAGIC_OFFSET, 0}, {ScriptDescriptor.VERSION_OFFSET, 9},
            {header + ScriptDescriptor.STEP_CPU_OFFSET, 1}, {header + ScriptDescriptor.STEP_BYTES_OFFSET, -1},
            {header + ScriptDescriptor.STEP_BYTES_OFFSET, 31}, {ScriptDescriptor.IPI_MODE_OFFSET, 7}}) {
            UnsafeBuffer bad = new UnsafeBuffer(good.clone());
            bad.putInt(change[0], change[1]);
            Files.write(file(), bad.byteArray());
            assertThrows(MachineException.class, this::readAll, Arrays.toString(change));
        }
        Files.write(file(), good);
        assertEquals(2, readAll());
    }

    private int readAll() throws Exception {
        int steps = 0;
        try (ScriptReader reader = new ScriptReader(file())) {
            while (reader.next()) {
                assertTrue(reader.record().event() != TraceEvent.NONE);
                steps++;
            }
        }
        return steps;
    }

    @Test
    void aLineOfTheProtocolComesBack() {
        String text = "a\tb\nc\rd\\e\\tf ü";
        String line = ReplayProtocol.line(ReplayProtocol.LOG, 3, text, "");
        assertEquals(1, line.lines().count());
        assertEquals(List.of("log", "3", text, ""), ReplayProtocol.fields(line));
        ReplayResult result = new ReplayResult(Verdict.DIFFERENT, 1, 2, 3, 4, 5, 6, -7, "step\t1", "", "now\n",
            new ReplayResult.Message(-1, "00ff"), null, new ReplayResult.Message(7, "0a"));
        assertEquals(result, ReplayProtocol.result(ReplayProtocol.fields(ReplayProtocol.line(result))));
        assertThrows(IllegalArgumentException.class, () -> ReplayProtocol.result(List.of("result", "EQUAL")));
        assertThrows(IllegalArgumentException.class, () -> ReplayProtocol.result(List.of("result", "SAME")));
    }

    @Test
    void instancesComeBack() {
        List<Integer> many = new ArrayList<>();
        for (int cpu = 0; cpu < 1024; cpu++) {
            many.add(cpu);
        }
        List<Instance> instances = List.of(new Instance(0, "host", 1, InstanceState.ACTIVE, List.of(0)),
            new Instance(255, "ü", Long.MAX_VALUE, InstanceState.EMPTY, List.of()),
            new Instance(7, "", 0, InstanceState.FAILED, many));
        DirectBuffer bytes = InstanceList.encode(instances);
        assertEquals(instances, InstanceList.decode(bytes));
        assertEquals(List.of(), InstanceList.decode(InstanceList.encode(List.of())));
        for (int length : new int[] {1, 8, 12, 13, bytes.capacity() - 1}) {
            assertThrows(IndexOutOfBoundsException.class,
                () -> InstanceList.decode(new UnsafeBuffer(bytes, 0, length)), "of " + length + " bytes");
        }
    }

    @Test
    void whatAModulePrintsComesLineByLine() throws Exception {
        List<String> lines = new ArrayList<>();
        try (ReplayLineStream stream = new ReplayLineStream(lines::add)) {
            stream.write("one\ntw".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            stream.write("o\n\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        assertEquals(List.of("one", "two", ""), lines);
    }
}
