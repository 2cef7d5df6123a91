// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.abi.TraceEvent;
import io.mkemu.abi.TraceMode;
import io.mkemu.ipi.IpiSender;
import io.mkemu.log.KernelLog;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.table.InstanceEntry;
import io.mkemu.testkit.TestMachine;
import io.mkemu.trace.TraceControl;
import io.mkemu.trace.TraceTail;
import io.mkemu.trace.TraceWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LifeReportTest {
    private static final LifeFacts FACTS =
        new LifeFacts(1, "web", 3, "jvm", 4711, "killed by signal 9 (SIGKILL)", List.of(0, 5), List.of("echo"));

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final MappedMachine mapped = machine.mapped();

    @BeforeEach
    void activate() {
        machine.activate(1, 0, 5);
        machine.activate(4, 2);
    }

    private String report() {
        return LifeReport.of(mapped, "lab", FACTS).toString();
    }

    private void has(String report, String... lines) {
        List<String> all = report.lines().toList();
        for (String line : lines) {
            assertTrue(all.contains(line), "no line \"" + line + "\" in\n" + report);
        }
    }

    @Test
    void tellsWhatWasNotDelivered() {
        IpiSender sender = mapped.interconnect().sender(mapped.apic(2));
        UnsafeBuffer data = new UnsafeBuffer(new byte[256]);
        data.setMemory(0, 256, (byte) 0xab);
        assertEquals(0, sender.sendToCpu(1, 5, 0x77, data, 0, 3));
        assertEquals(0, sender.sendToCpu(1, 5, 0x78, data, 0, 0));
        assertEquals(0, sender.sendToCpu(1, 5, 0x79, data, 0, 40));
        String name = mapped.instances().entry(4).name();
        String report = report();
        has(report, "  from CPU 2 (" + name + ") to CPU 5: 0 delivered, 3 of " + mapped.layout().ipiSlots()
            + " slots wait", "  to CPU 0: nothing was ever sent", "      0000  ab ab ab",
            "      0020  ab ab ab ab ab ab ab ab");
        List<String> messages = report.lines().filter(line -> line.matches("    \\d: type .*")).toList();
        assertEquals(3, messages.size(), report);
        assertTrue(messages.get(0).startsWith("    1: type 0x77, 3 bytes"), messages.get(0));
        assertTrue(messages.get(1).startsWith("    2: type 0x78, 0 bytes"), messages.get(1));
        assertTrue(messages.get(2).startsWith("    3: type 0x79, 40 bytes"), messages.get(2));
        assertTrue(report.contains("    state    offline; pending: multikernel; doorbell "), report);
    }

    @Test
    void tellsOfMemoryAndShares() {
        InstanceEntry entry = mapped.instances().entry(1);
        long own;
        long others;
        try (InstancePool pool = mapped.poolOf(entry); InstancePool other = mapped.poolOf(mapped.instances()
            .entry(4))) {
            own = pool.alloc(2 * Pages.PAGE_SIZE, Pages.PAGE_SIZE);
            others = other.alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        }
        var table = mapped.memory().pageTable();
        table.grant(Pages.pfn(own), 2, 4);
        table.noteMapped(Pages.pfn(own), 4);
        table.grant(Pages.pfn(others), 1);
        table.noteMapped(Pages.pfn(others), 1);
        String name = mapped.instances().entry(4).name() + " (4)";
        has(report(), String.format("    %08x-%08x  allocation", own, own + 2 * Pages.PAGE_SIZE - 1),
            String.format("  0x%x, 1 page: may be mapped by %s, which has it mapped", own, name),
            String.format("  0x%x, 1 page: may be mapped by %s", own + Pages.PAGE_SIZE, name),
            String.format("  0x%x, 1 page: was mapped, of %s", others, name));
    }

    @Test
    void tellsItsLastWordsAndRecords() {
        KernelLog log = new KernelLog(mapped.memory(), 1);
        for (int line = 0; line < 70; line++) {
            log.append(6, 5, "line " + line + "\u001b[2J");
        }
        new TraceControl(mapped.memory()).mode(TraceMode.ALL);
        TraceWriter trace = new TraceWriter(mapped.memory(), 5);
        long now = mapped.platform().nanoTime();
        for (int number = 0; number < 40; number++) {
            trace.record(TraceEvent.HALT, 0, now + number - 1000, number, 0, 0, 0, 0);
        }
        String report = report();
        has(report, "reason    killed by signal 9 (SIGKILL)", "process   pid 4711, jvm kernel");
        assertEquals(60, report.lines().filter(line -> line.contains("] line ")).count());
        assertTrue(report.contains("] line 69\\x1b[2J"), report);
        assertEquals(32, report.lines().filter(line -> line.contains("CPU 5  HALT")).count(), report);
        assertEquals(39, TraceTail.of(mapped.memory(), 5, 8, now).getLast().id());
    }

    @Test
    void survivesWhateverIsInRam() {
        Random random = new Random(20);
        int tables = (int) mapped.layout().pagesAt();
        int from = (int) mapped.layout().cpusAt();
        for (int round = 0; round < 300; round++) {
            for (int word = 0; word < 40; word++) {
                int at = switch (random.nextInt(3)) {
                    case 0 -> from + random.nextInt(8 * LocalApicDescriptor.LENGTH / 8) * 8;
                    case 1 -> (int) mapped.layout().instancesAt() + random.nextInt(4096) * 8;
                    default -> from + random.nextInt((tables - from) / 8) * 8;
                };
                mapped.memory().tables().putLong(at, random.nextBoolean() ? random.nextLong() : random.nextInt(64));
            }
            String report = report();
            assertTrue(report.length() <= ReportText.MOST, () -> report.length() + " characters");
            assertTrue(report.contains("\nCPUs\n") && report.contains("\nkernel log, "), report);
        }
    }

    @Test
    void keepsTheNewest(@TempDir Path directory) throws IOException {
        MachineDirectory place = new MachineDirectory(directory.resolve("lab"));
        List<String> problems = new ArrayList<>();
        Files.createDirectory(place.path());
        try (Reports reports = new Reports(mapped, place, problems::add)) {
            for (int life = 1; life <= Reports.MOST + 4; life++) {
                reports.take(new LifeFacts(1, "web", life, "jvm", 1, "why", List.of(0, 5), List.of()),
                    () -> List.of("the stack"));
            }
        }
        assertEquals(List.of(), problems);
        try (var files = Files.list(place.path())) {
            assertEquals(Reports.MOST, files.filter(MachineDirectory::isOurs).count());
        }
        Path newest = Reports.find(place, 1, 0);
        assertEquals(place.path().resolve("report-instance-1-life-20.txt"), newest);
        assertTrue(Files.readString(newest).endsWith("\nstacks of its CPUs\n  the stack\n"));
        assertEquals(null, Reports.find(place, 1, 2));
        assertEquals(null, Reports.find(place, 2, 0));
    }

    @Test
    void whatCannotBeWrittenIsSaidAndNoFault(@TempDir Path directory) {
        List<String> problems = new ArrayList<>();
        try (Reports reports = new Reports(mapped, new MachineDirectory(directory.resolve("gone")), problems::add)) {
            reports.take(FACTS, List::of);
        }
        assertEquals(1, problems.size(), problems::toString);
        assertTrue(problems.getFirst().startsWith("mkemu: the report of web, life 3, is not written: "),
            problems::toString);
    }

    @Test
    void aDumpIsTakenOutOfTheOutput() throws InterruptedException {
        ThreadDump dump = new ThreadDump();
        List<String> told = List.of("before", "2026-11-30 21:10:51", "Full thread dump OpenJDK 64-Bit Server VM:", "",
            "Threads class SMR info:", "\"main\" #1", "\tat M.m(M.java:1)", "\"cpu0\" #12", "\tat A.b(A.java:1)",
            "JNI global refs: 15, weak refs: 0", "", "Heap",
            " def new generation", "after");
        List<String> left = new ArrayList<>();
        List<String> lines = dump.take(() -> {
            told.stream().filter(line -> !dump.line(line)).forEach(left::add);
            return true;
        }, 30_000);
        assertEquals(List.of("before", "after"), left);
        assertEquals(List.of(told.get(2), told.get(7), told.get(8), told.get(9), told.get(5), told.get(6)), lines);
        assertEquals(List.of(), dump.take(() -> false, 1));
        assertTrue(told.stream().noneMatch(dump::line), "nobody asks");
    }

    @Test
    void theStackOfACrashIsThatOfItsLife(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("hs_err.log");
        String killed = "killed by signal 9 (SIGKILL)";
        assertEquals(List.of("not available: killed by SIGKILL"), Stacks.ofDead(file, 0, killed, false));
        Files.write(file, Arrays.asList("# JRE", "---------------  T H R E A D  ---------------", "", "Stack:",
            "C  f+1", "---------------  P R O C E S S  ---------------", "much"));
        assertEquals(List.of("from " + file + ":", "---------------  T H R E A D  ---------------", "Stack:", "C  f+1"),
            Stacks.ofDead(file, 0, "killed by signal 11", false));
        assertEquals(List.of("not available: killed by SIGKILL"),
            Stacks.ofDead(file, Long.MAX_VALUE, killed, false));
    }
}
