// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static io.mkemu.log.RateLimit.BURST;
import static io.mkemu.log.RateLimit.INTERVAL_NANOS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.log.KernelLog;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.KernelLogReader.Line;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.testkit.TestMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(300)
class PrintkTest {
    private static final int ID = 1;
    private static final int THREADS = 3;
    private static final int CALLS = 20_000;

    @RegisterExtension
    private final TestMachine machine = new TestMachine();
    private final AtomicLong clock = new AtomicLong(-7);
    private final KernelLogReader reader = new KernelLogReader(machine.memory(), ID);
    private final Printk printk = new Printk(new KernelLog(machine.memory(), ID), clock::get);

    /** What came since the last call: level, then text. */
    private List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Line line = reader.poll(); line != null; line = reader.poll()) {
            assertEquals(-1, line.physicalCpu(), "this thread is no CPU");
            lines.add(line.level() + " " + line.text());
        }
        return lines;
    }

    private void flood(RateLimit limit, int calls) {
        for (int call = 0; call < calls; call++) {
            if (printk.pass(limit) > 0) {
                printk.print(LogLevel.ERR, "flood");
            }
        }
    }

    @Test
    void theSuppressedAreToldByTheNextLineOfTheFloodOnceTheIntervalIsOver() {
        RateLimit limit = printk.limit("driver");
        flood(limit, BURST + 1234);
        assertEquals(BURST, lines().size());
        clock.addAndGet(INTERVAL_NANOS - 1);
        flood(limit, 1);
        assertEquals(List.of(), lines());
        clock.addAndGet(1);
        flood(limit, 2);
        assertEquals(List.of("4 driver: 1235 callbacks suppressed", "3 flood", "3 flood"), lines());
    }

    @Test
    void theSuppressedAreToldByAnyLineOnceTheIntervalIsOver() {
        RateLimit first = printk.limit("first");
        RateLimit second = printk.limit("second");
        flood(first, BURST + 3);
        clock.addAndGet(INTERVAL_NANOS / 2);
        flood(second, BURST + 4);
        lines();
        printk.print(LogLevel.INFO, "too early");
        printk.tellDue();
        assertEquals(List.of("6 too early"), lines());
        clock.addAndGet(INTERVAL_NANOS / 2);
        printk.print(LogLevel.INFO, "one is over");
        assertEquals(List.of("4 first: 3 callbacks suppressed", "6 one is over"), lines());
        clock.addAndGet(INTERVAL_NANOS / 2);
        printk.tellDue();
        assertEquals(List.of("4 second: 4 callbacks suppressed"), lines());
        printk.tellAll();
        flood(first, 1);
        assertEquals(List.of("3 flood"), lines());
    }

    @Test
    void atTheEndAllIsTold() {
        printk.limit("silent");
        flood(printk.limit("first"), BURST);
        flood(printk.limit("second"), BURST + 1);
        lines();
        printk.tellAll();
        assertEquals(List.of("4 second: 1 callbacks suppressed"), lines());
    }

    /* The ring keeps what came before a flood that would fill it many times over. */
    @Test
    void aFloodDoesNotFlushTheRing() {
        printk.print(LogLevel.NOTICE, "before");
        flood(printk.limit("driver"), 100_000);
        printk.tellAll();
        List<String> lines = lines();
        assertEquals("5 before", lines.getFirst());
        assertEquals("4 driver: 99990 callbacks suppressed", lines.getLast());
        assertEquals(BURST + 2, lines.size());
        assertEquals(0, reader.missedBytes());
    }

    @Test
    void onlyTheFirstFaultOfAnIntervalHasATrace() {
        RateLimit limit = printk.limit("driver: callback");
        IllegalStateException fault = new IllegalStateException("broken") {
            @Override
            public String toString() {
                return getMessage();
            }
        };
        fault.setStackTrace(new StackTraceElement[] {new StackTraceElement("org.example.Driver", "poll", "Driver.java",
            7), new StackTraceElement("io.mkemu.kernel.Cpu", "run", "Cpu.java", 1)});
        for (int round = 0; round < 3; round++) {
            printk.fault(limit, () -> "driver: threw ", fault);
        }
        assertEquals(List.of("3 driver: threw broken", "3   at org.example.Driver.poll(Driver.java:7)",
            "3 driver: threw broken", "3 driver: threw broken"), lines());
    }

    @Test
    void theEndSaysWhyAndWhereAndWhatLedToIt() {
        RateLimit limit = printk.limit("driver");
        flood(limit, BURST + 2);
        lines();
        RuntimeException fault = new IllegalStateException("outer", new IOException("inner"));
        printk.panic("mkemu: " + fault, fault);
        List<String> lines = lines();
        assertEquals("0 mkemu: java.lang.IllegalStateException: outer", lines.getFirst());
        assertTrue(lines.get(1).startsWith("0   at io.mkemu.kernel.PrintkTest.theEndSaysWhy"), lines::toString);
        int cause = lines.indexOf("0 Caused by: java.io.IOException: inner");
        assertTrue(cause > 1 && lines.get(cause + 1).startsWith("0   at "), lines::toString);
        assertEquals("4 driver: 2 callbacks suppressed", lines.getLast());
    }

    @Test
    void theCountIsExactWhileThreadsFloodAndOthersSpeak() throws InterruptedException {
        RateLimit limit = printk.limit("driver");
        AtomicLong passed = new AtomicLong();
        Thread[] threads = IntStream.range(0, THREADS).mapToObj(number -> new Thread(() -> {
            for (int call = 0; call < CALLS; call++) {
                clock.addAndGet(INTERVAL_NANOS / 1000);
                passed.addAndGet(printk.pass(limit) > 0 ? 1 : 0);
                if (call % 1000 == number) {
                    printk.print(LogLevel.DEBUG, "spoken");
                }
            }
        })).toArray(Thread[]::new);
        for (Thread thread : threads) {
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        printk.tellAll();
        long told = lines().stream().filter(line -> line.startsWith("4 driver: "))
            .mapToLong(line -> Long.parseLong(line.split(" ")[2])).sum();
        assertEquals(0, reader.missedBytes());
        assertEquals(THREADS * CALLS, passed.get() + told);
        assertTrue(told > THREADS * CALLS / 2, "told " + told);
    }
}
