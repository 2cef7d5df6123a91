// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.MachineException;
import io.mkemu.abi.IpiMode;
import io.mkemu.boot.BootParameters;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.log.LogLevel;
import io.mkemu.log.RateLimit;
import io.mkemu.module.Kernel;
import io.mkemu.module.Operation;
import io.mkemu.module.Task;
import io.mkemu.testkit.Await;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ModuleContextTest {
    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private Node node;
    private Kernel api;

    @BeforeEach
    void boot() throws Exception {
        machine.load(1, 2, 5);
        node = machine.boot(1, "probe.depth=0x10 probe.some-name=yes other.depth=3 probe.size=4K "
            + "idle=halt color=red color=blue my-flag loglevel=8");
        api = node.api;
    }

    @Test
    void aForeignThreadIsToldTheWayIn() {
        for (Executable call : List.<Executable>of(() -> api.sendIpiData(1, new byte[1], 1),
            () -> api.sendIpiDataToCpu(1, 2, null, 0, 1, 1), () -> api.sendPfn(1, 1),
            () -> api.sendIpiDataTimeout(1, null, 0, 1, 1, 1), () -> api.smpProcessorId(),
            () -> api.physicalCpuId(), () -> api.startTask("t", () -> Task.DONE),
            () -> api.unregisterHandler(api.registerHandler((data, context) -> { }, null, 1)))) {
            String message = assertThrows(IllegalStateException.class, call).getMessage();
            assertTrue(message.contains("module probe") && message.contains(Thread.currentThread().getName())
                && message.endsWith("use Kernel.runOnCpu"), message);
        }
    }

    @Test
    void aCpuOfAnotherKernelIsForeignToo() throws Exception {
        Node other = machine.boot(2, 1);
        String message = other.on(() -> assertThrows(IllegalStateException.class, () -> api.smpProcessorId())
            .getMessage());
        assertTrue(message.contains("\"cpu0\""), message);
    }

    @Test
    void runOnCpuIsTheWayIn() throws Exception {
        for (int cpu = 0; cpu < 2; cpu++) {
            int logical = cpu;
            assertEquals(logical, node.on(logical, () -> api.smpProcessorId()));
            assertEquals(logical == 0 ? 2 : 5, node.on(logical, () -> api.physicalCpuId()));
        }
        for (int none : new int[] {-1, 2}) {
            assertThrows(IllegalArgumentException.class, () -> api.runOnCpu(none, () -> { }));
        }
        CountDownLatch after = new CountDownLatch(1);
        api.runOnCpu(1, () -> {
            throw new IllegalStateException("broken work");
        });
        api.runOnCpu(1, after::countDown);
        Await.latch(after);
        assertTrue(machine.log(1).stream().anyMatch(line -> line.contains("probe: work failed")
            && line.contains("broken work")));
    }

    @Test
    void nobodyLooksAtWhatIsPublishedOnARealMachine() throws Exception {
        node.on(() -> {
            api.observe("leader", 2);
            Operation operation = api.operation("lock");
            operation.begins(7);
            operation.ends(0);
            operation.ends();
            assertSame(Operation.UNSEEN, operation);
            assertSame(operation, api.operation("unlock"));
            return null;
        });
    }

    @Test
    void aModuleSeesItsOwnParameters() {
        assertEquals("0x10", api.parameter("depth"));
        assertEquals(16, api.parameter("depth", 1));
        assertEquals(4096, api.parameter("size", 1));
        assertEquals(7, api.parameter("absent", 7));
        assertEquals("yes", api.parameter("some-name"));
        assertEquals("yes", api.parameter("some_name"));
        assertNull(api.parameter("absent"));
    }

    @Test
    void aModuleSeesTheKernelsCommandLine() {
        assertEquals("halt", api.bootParameter("idle"));
        assertEquals("8", api.bootParameter("loglevel"));
        assertEquals("blue", api.bootParameter("color"));
        assertEquals("", api.bootParameter("my_flag"));
        assertEquals("3", api.bootParameter("other.depth"));
        assertNull(api.bootParameter("depth"));
    }

    @Test
    void aMalformedKnownParameterEndsTheBoot() {
        machine.load(4, 7);
        String message = assertThrows(IllegalArgumentException.class, () -> new KernelInstance(machine.mapped(), 4,
            BootParameters.parse("color=red loglevel=loud"), machine.areas().get(4))).getMessage();
        assertEquals("boot parameter loglevel=loud: expected an integer in 0..10", message);
    }

    @Test
    void aFloodOfOneLevelLeavesTheOthersAndOtherModulesAlone() throws Exception {
        for (int line = 0; line < 50; line++) {
            api.printkRatelimited(LogLevel.ERR, "err");
        }
        api.printkRatelimited(LogLevel.WARNING, "warn");
        api.printk(LogLevel.ERR, "unlimited");
        node.shutDown();
        List<String> log = machine.log(1);
        assertEquals(RateLimit.BURST, log.stream().filter("probe: err"::equals).count(), log::toString);
        assertTrue(log.containsAll(List.of("probe: warn", "probe: unlimited", "probe (err): 40 callbacks suppressed")),
            log::toString);
    }

    @Test
    void workThatFailsOverAndOverIsSuppressedAndCounted() throws Exception {
        for (int round = 0; round < 25; round++) {
            api.runOnCpu(0, () -> {
                throw new IllegalStateException("broken work");
            });
        }
        node.shutDown();
        List<String> log = machine.log(1);
        assertEquals(RateLimit.BURST, log.stream().filter(line -> line.contains("probe: work failed: ")).count(),
            log::toString);
        assertTrue(log.contains("probe: work: 15 callbacks suppressed"), log::toString);
    }

    @Test
    void instancesAreAsTheTableSays() throws Exception {
        machine.boot(2, 1);
        machine.reserve(3, 6);
        assertEquals(List.of(1, 2, 3), api.instances().stream().map(io.mkemu.module.Instance::id).toList());
        assertEquals(List.of(2, 5), api.findInstance(1).cpus());
        assertTrue(api.isActive(2));
        for (int none : new int[] {-1, 3, 77, 256}) {
            assertEquals(false, api.isActive(none));
        }
        assertNull(api.findInstance(77));
    }

    @Test
    void memoryOfOthersIsRefused() throws Exception {
        machine.boot(2, 1);
        long theirs = machine.mapped().instances().entry(2).regions().get(0).address();
        for (long address : new long[] {theirs, 0, 4096, Long.MIN_VALUE, Long.MAX_VALUE - 4095}) {
            assertThrows(MachineException.class, () -> api.memremap(address, 4096), "0x" + Long.toHexString(address));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "quiet", "mk_ipi_shared", "mk_ipi_shared=", "mk_ipi_shared=0", "mk_ipi_shared=0x0",
        "mk_ipi_shared=0K", "mk_ipi_shared=house", "mk_ipi_shared=0x", "mk_ipi_shared=08", "mk_ipi_shared=-4096",
        "mk_ipi_shared=99999999999999999999"})
    @DisplayName("mk_ipi_shared=: a missing value, 0, or what is no address ends the boot with one line")
    void ipiSharedMustBeAnAddress(String cmdline) {
        assertNoAddress(IpiMode.QUEUED, cmdline);
        if (!cmdline.endsWith("9")) {
            assertNoAddress(IpiMode.SINGLE_SLOT, cmdline);
        }
    }

    private static void assertNoAddress(IpiMode mode, String cmdline) {
        String message = assertThrows(IllegalArgumentException.class, () -> ipiShared(mode, cmdline)).getMessage();
        assertTrue(message.contains("mk_ipi_shared"), message);
        assertEquals(1, message.lines().count(), message);
    }

    private static long ipiShared(IpiMode mode, String cmdline) {
        return KernelParameter.ipiShared(BootParameters.parse(cmdline), mode);
    }

    @ParameterizedTest
    @CsvSource({"0x1000@lab, 4096", "4KB, 4096", "010000.5, 4096", "\"4K 8K\", 4096", "08, 0",
        "099999999999999999999, 0", "18446744073709555712, 4096", "0x10000000000001000, 4096", "0x1000E, 65550",
        "0xffffffffffffffff, -1", "17E, 1152921504606846976", "0x1000_0000, 4096"})
    @DisplayName("mk_ipi_shared=, single-slot: as memparse(str, NULL), what follows is ignored and 64 bits wrap")
    void ipiSharedOfTheRfcTakesWhatFollows(String value, long address) {
        String cmdline = "mk_ipi_shared=" + value;
        if (address == 0) {
            assertNoAddress(IpiMode.SINGLE_SLOT, cmdline);
        } else {
            assertEquals(address, ipiShared(IpiMode.SINGLE_SLOT, cmdline), value);
        }
        if (!"0x1000E".equals(value)) {
            assertNoAddress(IpiMode.QUEUED, cmdline);
        }
    }

    @Test
    @DisplayName("mk_ipi_shared=: memparse rules: 0x, octal, K M G")
    void ipiSharedIsParsedAsMemparseDoes() {
        assertEquals(0x1000, ipiShared(IpiMode.QUEUED, "mk_ipi_shared=0x1000"));
        assertEquals(4096, ipiShared(IpiMode.QUEUED, "mk_ipi_shared=010000"));
        assertEquals(4096, ipiShared(IpiMode.QUEUED, "mk_ipi_shared=4K"));
        assertEquals(3L << 30, ipiShared(IpiMode.QUEUED, "mk_ipi_shared=3g"));
        assertEquals(5L << 20, ipiShared(IpiMode.QUEUED, "mk_ipi_shared=1M mk_ipi_shared=5M"));
    }

    @Test
    @DisplayName("mk_ipi_shared=: an address that cannot be mapped ends the boot with one line (-ENOMEM)")
    void ipiSharedMustLieInTheOwnPool() {
        machine.load(4, 7);
        long good = machine.areas().get(4);
        for (long bad : new long[] {4096, good + 1, Long.MAX_VALUE, -1, Long.MIN_VALUE | good,
            machine.areas().get(1)}) {
            String message = assertThrows(MachineException.class,
                () -> new KernelInstance(machine.mapped(), 4, BootParameters.parse(""), bad)).getMessage();
            assertTrue(message.contains("0x" + Long.toHexString(bad)), message);
            assertEquals(1, message.lines().count(), message);
        }
    }
}
