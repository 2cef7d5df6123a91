// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceMode;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.journal.JournalLimits;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachinePlanTest {
    private static MachineSpec tree(String root, String memory, String instance) {
        return MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1"; %s
              resources { cpus = <0 1>; memory-bytes = <0x10000000>; };
              instances { a { id = <1>;
                resources { cpus = <1>; memory-bytes = <%s>; };
                %s
              }; };
            };
            """.formatted(root, memory, instance), Path.of("/"));
    }

    @Test
    void theHostGetsTheCpuThatNoInstanceClaims() {
        MachinePlan plan = MachinePlan.of(tree("", "0x1000000", ""));
        assertEquals(0, plan.hostCpu());
        assertEquals(2, plan.layout().nrCpus());
        assertEquals(64, plan.layout().ipiSlots());
    }

    @Test
    void slotsAreAsTheTreeSays() {
        assertEquals(8, MachinePlan.of(tree("mkemu,ipi-slots = <8>;", "0x1000000", "")).layout().ipiSlots());
    }

    @Test
    void nrCpusIsAsTheTreeSaysAndAboveEveryPhysicalId() {
        assertEquals(2, MachinePlan.of(tree("nr-cpus = <2>;", "0x1000000", "")).layout().nrCpus());
        RamLayout wide = MachinePlan.of(tree("nr-cpus = <64>;", "0x1000000", "")).layout();
        assertEquals(64, wide.nrCpus());
        assertEquals(16, wide.ipiSlots(), "the default of a machine of that size");
        String message = refusal("nr-cpus = <1>;", "0x1000000", "");
        assertTrue(message.startsWith("t.dts:2:"), message);
        assertTrue(message.contains("nr-cpus 1 is not above every physical id: CPU 1 needs at least 2"), message);
    }

    @Test
    void theLogOfTheRfcIsForItsMailbox() {
        MachineSpec spec = tree("ipi-log = \"rfc\"; ipi = \"single-slot\";", "0x1000000", "");
        assertTrue(MachinePlan.of(spec).spec().ipiLog());
        MachineSpec queued = spec.withIpi(IpiMode.QUEUED);
        String message = assertThrows(DeviceTreeException.class, () -> MachinePlan.of(queued)).getMessage();
        assertTrue(message.startsWith("t.dts:2:") && message.contains("write ipi = \"single-slot\""), message);
        assertTrue(refusal("ipi-log = \"rfc\";", "0x1000000", "").contains("--ipi single-slot"));
    }

    @Test
    void memoryThatCannotHoldTheIpiBufferIsRefusedWithTheLeastThatCan() {
        String message = refusal("", "0x1000", "");
        assertTrue(message.startsWith("t.dts:5:"), message);
        assertTrue(message.contains("cannot hold its IPI area"), message);
        String least = message.replaceFirst(".*at least (0x[0-9a-f]+).*", "$1");
        assertEquals(1, MachinePlan.of(tree("", least, "")).spec().instances().size(), "what it asks for is enough");
    }

    private static TraceMode recorded(String bootargs, TraceMode option) {
        MachineSpec spec = tree("chosen { bootargs = \"" + bootargs + "\"; };", "0x1000000", "");
        return MachinePlan.of(spec).recorded(new JournalOptions(Path.of("/j"), JournalLimits.DEFAULT, option))
            .journal().mode();
    }

    @Test
    void whatIsRecordedIsAsTheOptionThenTheHostsCommandLineSays() {
        assertEquals(TraceMode.IPI, recorded("", null));
        assertEquals(TraceMode.ALL, recorded("trace=all", null));
        assertEquals(TraceMode.LIFECYCLE, recorded("trace=all", TraceMode.LIFECYCLE));
        assertEquals(TraceMode.OFF, recorded("trace=off", null));
    }

    @Test
    void aTraceModeWithoutAJournalOrOfAnInstanceIsRefused() {
        MachineSpec host = tree("chosen { bootargs = \"trace=ipi\"; };", "0x1000000", "");
        String message =
            assertThrows(DeviceTreeException.class, () -> MachinePlan.of(host).recorded(null)).getMessage();
        assertTrue(message.contains("trace=ipi needs a journal: say where it is to be with --journal DIR"), message);
        String instance = refusal("", "0x1000000", "chosen { bootargs = \"trace=all\"; };");
        assertTrue(instance.contains("trace= is for the whole machine"), instance);
        String wrong = refusal("chosen { bootargs = \"trace=most\"; };", "0x1000000", "");
        assertTrue(wrong.contains("trace=most is not a trace mode; use trace=off, "), wrong);
    }

    @Test
    void aSingleSlotBufferIsSmaller() {
        MachineSpec queued = tree("", "0x8000", "");
        assertThrows(DeviceTreeException.class, () -> MachinePlan.of(queued));
        assertEquals(IpiMode.SINGLE_SLOT, MachinePlan.of(queued.withIpi(IpiMode.SINGLE_SLOT)).spec().ipi());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        chosen { bootargs = "idle=fast"; };           | idle=fast is not an idle policy; use idle=poll
        chosen { bootargs = "mk_ipi_shared=0x1000"; };| mk_ipi_shared= is set by the host; take it out
        chosen { bootargs = "x mk_epoch=zz"; };       | mk_epoch= is set by the host; take it out
        chosen { bootargs = "loglevel=loud"; };       | boot parameter loglevel=loud: expected an integer in 0..10
        chosen { bootargs = "x=1 quiet=2"; };         | boot parameter quiet=2: takes no value; write quiet
        mkemu,modules = "nosuch";                     | module "nosuch" is not a built-in module; the built-in ones are
        mkemu,modules = "/nosuch/x.jar";              | module "/nosuch/x.jar" does not exist
        """)
    void aMistakeIsReportedWhereItStands(String instance, String expected) {
        String message = refusal("", "0x1000000", instance);
        assertTrue(message.startsWith("t.dts:6:"), message);
        assertTrue(message.contains(expected), message);
    }

    private static MachineSpec large(long memoryBytes) {
        return MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1";
              resources { cpus = <0 1>; memory-bytes = /bits/ 64 <%d>; };
            };
            """.formatted(memoryBytes), Path.of("/"));
    }

    @Test
    void aPoolThatNoPageTableCanDescribeIsRefusedWithTheMostThatCan() {
        for (long tooMuch : new long[] {1L << 37, RamLayout.MAX_BYTES, RamLayout.MAX_BYTES - Pages.PAGE_SIZE}) {
            MachineSpec spec = large(tooMuch);
            String message = assertThrows(DeviceTreeException.class, () -> MachinePlan.of(spec)).getMessage();
            assertTrue(message.startsWith("t.dts:3:") && message.contains("stay below 0x1fbf"), message);
            long limit = Long.decode(message.replaceFirst(".*stay below (0x[0-9a-f]+).*", "$1"));
            assertThrows(DeviceTreeException.class, () -> MachinePlan.of(large(limit)));
            RamLayout most = MachinePlan.of(large(limit - Pages.PAGE_SIZE)).layout();
            assertEquals(RamLayout.MAX_BYTES - Pages.PAGE_SIZE, most.hostSize() + most.poolSize());
        }
    }

    @Test
    void anInstanceCannotBeNamedAsTheHostIs() {
        String message = assertThrows(DeviceTreeException.class, () -> MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1";
              resources { cpus = <0 1>; memory-bytes = <0x1000000>; };
              instances { host { id = <1>; resources { cpus = <1>; memory-bytes = <0x1000000>; }; }; };
            };
            """, Path.of("/"))).getMessage();
        assertTrue(message.startsWith("t.dts:4:") && message.contains("the host kernel's own"), message);
    }

    @Test
    void aParameterThatNobodyKnowsIsForTheModules() {
        MachinePlan.of(tree("chosen { bootargs = \"colour=red\"; };", "0x1000000",
            "chosen { bootargs = \"colour echo.type=no-number loglevels=x\"; };"));
    }

    @Test
    void theHostsOwnMistakesToo() {
        String message = refusal("mkemu,modules = \"nosuch\";", "0x1000000", "");
        assertTrue(message.startsWith("t.dts:2:"), message);
        message = refusal("chosen { bootargs = \"debug=1\"; };", "0x1000000", "");
        assertTrue(message.startsWith("t.dts:2:") && message.contains("debug=1: takes no value"), message);
    }

    private static String refusal(String root, String memory, String instance) {
        MachineSpec spec = tree(root, memory, instance);
        return assertThrows(DeviceTreeException.class, () -> MachinePlan.of(spec)).getMessage();
    }
}
