// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.abi.Pages;
import io.mkemu.cpu.LocalApic;
import io.mkemu.kernel.FuzzFields.Spot;
import io.mkemu.log.KernelLogReader;
import io.mkemu.log.RateLimit;
import io.mkemu.memory.Window;
import io.mkemu.testkit.Alone;
import io.mkemu.testkit.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Scribbles over a running machine. No kernel may crash, hang or throw; the kernels that were not scribbled on go on
 * exchanging. {@code -Dmkemu.fuzz.seed=N} begins with that seed, {@code -Dmkemu.fuzz.seeds=N} says how many.
 */
@Alone
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class FuzzTest {
    private static final long FIRST_SEED = Long.getLong("mkemu.fuzz.seed", 1);
    private static final int DEFAULT_SEEDS = 1700;
    private static final int SEEDS = Integer.getInteger("mkemu.fuzz.seeds", DEFAULT_SEEDS);
    private static final int BURST = 50;
    private static final int HANG_SECONDS = 20;

    private final Map<Integer, Process> processes = new LinkedHashMap<>();
    private final Map<Integer, UnsafeBuffer> ledgers = new LinkedHashMap<>();
    private final List<Window> windows = new ArrayList<>();
    private TestKernels machine;
    private Window ram;
    private KernelLogReader victimLog;
    private String doing = "boot";

    private void boot(IpiMode mode) throws IOException {
        machine = new TestKernels(mode);
        for (int id = FuzzKernel.WITNESS; id <= FuzzKernel.BYSTANDER; id++) {
            machine.load(id, id);
        }
        machine.mapped().instances().entry(FuzzKernel.BYSTANDER).enter(InstanceState.ACTIVE);
        ram = machine.memory().map(Pages.PAGE_SIZE, TestKernels.LAYOUT.ramSize() - Pages.PAGE_SIZE);
        windows.add(ram);
        victimLog = new KernelLogReader(machine.memory(), FuzzKernel.VICTIM);
        for (int id = FuzzKernel.WITNESS; id <= FuzzKernel.VICTIM; id++) {
            Window ledger = FuzzKernel.ledger(machine.mapped(), id);
            windows.add(ledger);
            ledgers.put(id, ledger.buffer());
            processes.put(id, start(id));
        }
        for (int id : processes.keySet()) {
            until(() -> ledgers.get(id).getLongVolatile(FuzzKernel.HEARTBEAT) > 0, "kernel " + id + " boots");
        }
    }

    private Process start(int id) throws IOException {
        return new ProcessBuilder(ChildJvm.command(List.of(), FuzzKernel.class, machine.ram(), id))
            .redirectErrorStream(true).redirectOutput(output(id)).start();
    }

    private File output(int id) {
        return machine.ram().resolveSibling("out-" + id).toFile();
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : processes.values()) {
            process.destroyForcibly().waitFor();
        }
        windows.forEach(Window::close);
        if (machine != null) {
            machine.close();
        }
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private void until(Condition condition, String what) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(HANG_SECONDS);
        while (!condition.holds()) {
            for (var process : processes.entrySet()) {
                if (!process.getValue().isAlive()) {
                    fail(doing + ": kernel " + process.getKey() + " ended with " + process.getValue().exitValue()
                        + ": " + Files.readString(output(process.getKey()).toPath()));
                }
            }
            if (System.nanoTime() - deadline > 0) {
                fail(doing + ": hangs: not within " + HANG_SECONDS + " s: " + what);
            }
            Thread.yield();
        }
    }

    @ParameterizedTest
    @EnumSource(IpiMode.class)
    @DisplayName("shared memory is not trusted: whatever is written there, no kernel crashes or hangs, others go on")
    void scribble(IpiMode mode) throws Exception {
        boot(mode);
        List<Spot> spots = new FuzzFields(machine.mapped()).all();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            /* What a burst broke can show at the next proof only. */
            doing = mode + ", seeds " + Math.max(FIRST_SEED, seed - (seed + BURST - 1) % BURST) + ".." + seed;
            Random random = new Random(seed);
            List<Spot> chosen = new ArrayList<>();
            for (int count = 1 + random.nextInt(3); count > 0; count--) {
                chosen.add(spots.get(random.nextInt(spots.size())));
            }
            /* Each field at least once, whatever the seeds would choose. */
            chosen.add(spots.get((int) Long.remainderUnsigned(seed, spots.size())));
            burst(chosen, random);
            if (seed % BURST == 0) {
                prove(mode);
            }
        }
        prove(mode);
        damageTheAreaUntilItIsNoticed();
        prove(mode);
        assertTrue(SEEDS >= spots.size() || SEEDS != DEFAULT_SEEDS, SEEDS + " seeds for " + spots.size() + " fields");
        long anomalies = 0;
        for (int id : processes.keySet()) {
            LocalApic apic = machine.mapped().apic(id);
            anomalies += id == FuzzKernel.VICTIM ? 0 : apic.counter(Counter.ANOMALIES);
            List<String> log = id == FuzzKernel.VICTIM ? List.of() : machine.log(id);
            for (String kind : List.of("damaged message in", "damaged table: ", "no handler for")) {
                assertLimited(id, kind);
            }
            assertTrue(log.stream().noneMatch(line -> line.contains("fault") || line.contains("failed")),
                id + ": " + log);
        }
        assertTrue(anomalies > 0, "nothing that was scribbled was noticed");
    }

    /** Of one kind no more lines than printk_ratelimited lets pass: two bursts may touch, three cannot. */
    private void assertLimited(int id, String kind) {
        List<Long> times = new ArrayList<>();
        KernelLogReader reader = new KernelLogReader(machine.memory(), id);
        for (var line = reader.poll(); line != null && id != FuzzKernel.VICTIM; line = reader.poll()) {
            if (line.text().startsWith("mkemu: " + kind)) {
                times.add(line.nanos());
            }
        }
        for (int line = 2 * RateLimit.BURST; line < times.size(); line++) {
            assertTrue(times.get(line) - times.get(line - 2 * RateLimit.BURST) > RateLimit.INTERVAL_NANOS / 2,
                id + ": flooded with " + kind + ": " + times);
        }
    }

    /** What the seeds do is noticed or not, as luck has it; an IPI area outside its owner's pool must be. */
    private void damageTheAreaUntilItIsNoticed() throws IOException {
        doing = "IPI area of the victim outside its pool";
        long at = TestKernels.LAYOUT.instancesAt() + (long) FuzzKernel.VICTIM * InstanceDescriptor.LENGTH
            + InstanceDescriptor.IPI_AREA_OFFSET;
        Spot area = new Spot("entry +" + InstanceDescriptor.IPI_AREA_OFFSET, at, Long.BYTES);
        LocalApic witness = machine.mapped().apic(FuzzKernel.WITNESS);
        long before = witness.counter(Counter.ANOMALIES);
        long address = read(area);
        write(area, Pages.PAGE_SIZE);
        until(() -> witness.counter(Counter.ANOMALIES) > before, "the witness notices");
        write(area, address);
    }

    /** Scribbles, lets everybody run into it, and puts back what was there. */
    private void burst(List<Spot> chosen, Random random) throws IOException {
        List<Long> before = new ArrayList<>();
        for (Spot spot : chosen) {
            before.add(read(spot));
            write(spot, value(random, spot));
        }
        doing = doing.replaceAll(" on .*", "") + " on " + chosen;
        machine.mapped().apic(FuzzKernel.VICTIM).raise(LocalApicDescriptor.MULTIKERNEL_VECTOR);
        /* On an idle machine the burst would otherwise be undone before anybody has looked. */
        if (random.nextBoolean()) {
            UnsafeBuffer witness = ledgers.get(FuzzKernel.WITNESS);
            long beats = witness.getLongVolatile(FuzzKernel.HEARTBEAT) + 2;
            until(() -> witness.getLongVolatile(FuzzKernel.HEARTBEAT) >= beats, "the witness beats");
        }
        for (int index = chosen.size() - 1; index >= 0; index--) {
            write(chosen.get(index), before.get(index));
        }
    }

    private UnsafeBuffer word(Spot spot) {
        return spot.address() < Pages.PAGE_SIZE ? machine.memory().tables() : ram.buffer();
    }

    private int offset(Spot spot) {
        return (int) (spot.address() < Pages.PAGE_SIZE ? spot.address() : spot.address() - Pages.PAGE_SIZE);
    }

    private long read(Spot spot) {
        return spot.length() == Long.BYTES ? word(spot).getLong(offset(spot)) : word(spot).getInt(offset(spot));
    }

    private void write(Spot spot, long value) {
        if (spot.length() == Long.BYTES) {
            word(spot).putLongVolatile(offset(spot), value);
        } else {
            word(spot).putIntVolatile(offset(spot), (int) value);
        }
    }

    private static long value(Random random, Spot spot) {
        long value = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> Long.MIN_VALUE;
            case 3 -> Long.MAX_VALUE;
            case 4 -> random.nextInt(512) - 128;
            case 5 -> (long) random.nextInt((int) Pages.pfn(TestKernels.LAYOUT.ramSize()) + 8) << Pages.PAGE_SHIFT;
            case 6 -> 1L << random.nextInt(Long.SIZE);
            default -> random.nextLong();
        };
        /* A request to end is one, whoever writes it. */
        boolean request = spot.name().equals("entry +" + InstanceDescriptor.REQUESTED_OFFSET);
        boolean end = (int) value == InstanceDescriptor.REQUEST_SHUTDOWN
            || (int) value == InstanceDescriptor.REQUEST_HALT;
        return request && end ? -1 : value;
    }

    /** All kernels live and loop, and the two that nobody touched exchange without a fault. */
    private void prove(IpiMode mode) throws IOException {
        UnsafeBuffer witness = ledgers.get(FuzzKernel.WITNESS);
        long asked = witness.getLong(FuzzKernel.ASKED) + 5;
        witness.putLongVolatile(FuzzKernel.ASKED, asked);
        until(() -> witness.getLongVolatile(FuzzKernel.ANSWERED) == asked, "the witnesses exchange");
        for (int id : processes.keySet()) {
            UnsafeBuffer ledger = ledgers.get(id);
            assertEquals(0, ledger.getLongVolatile(FuzzKernel.MISMATCHES), doing + ": kernel " + id);
            long beats = ledger.getLongVolatile(FuzzKernel.HEARTBEAT) + 2;
            until(() -> ledger.getLongVolatile(FuzzKernel.HEARTBEAT) >= beats, "kernel " + id + " beats");
        }
        for (var line = victimLog.poll(); line != null; line = victimLog.poll()) {
            if (line.text().contains("fault on CPU") || line.text().contains("failed")) {
                fail(doing + ": " + line.text());
            }
        }
    }
}
