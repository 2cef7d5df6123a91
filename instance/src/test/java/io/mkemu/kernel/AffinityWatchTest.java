// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.LocalApicDescriptor.Counter;
import io.mkemu.kernel.AffinityWatch.Pins;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.log.RateLimit;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** CPUs that somebody else moves: what the kernel does about it and says. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class AffinityWatchTest {
    private static final int HOST_CPU = 5;

    @RegisterExtension
    private final TestKernels machine = new TestKernels(IpiMode.QUEUED);
    private final Set<Integer> asked = new HashSet<>();
    private final BitSet allowed = set(HOST_CPU);
    private int refusal;
    private Node node;
    private AffinityWatch watch;
    /* A system with one thread in it. */
    private final Pins pins = new Pins() {
        @Override
        public BitSet allowed(int thread) {
            asked.add(thread);
            return (BitSet) allowed.clone();
        }

        @Override
        public int set(int thread, BitSet hostCpus) {
            asked.add(thread);
            if (refusal == 0) {
                move(hostCpus);
            }
            return refusal;
        }
    };

    private static BitSet set(int... cpus) {
        BitSet set = new BitSet();
        for (int cpu : cpus) {
            set.set(cpu);
        }
        return set;
    }

    private void move(BitSet to) {
        allowed.clear();
        allowed.or(to);
    }

    @BeforeEach
    void boot() throws Exception {
        node = machine.boot(1, 2);
        int pinned = node.apic(0).hostCpu();
        node.apic(0).hostCpu(HOST_CPU);
        watch = new AffinityWatch(node.kernel.cpus()::threads, node.kernel.printk(), pins);
        node.apic(0).hostCpu(pinned);
    }

    private List<String> lines() {
        String process = "mkemu: CPU 2: process " + asked.iterator().next() + " (cpu0) ";
        return machine.log(1).stream().filter(line -> line.startsWith(process))
            .map(line -> line.substring(process.length())).toList();
    }

    @Test
    void aCpuThatIsMovedIsPinnedAgainAndEachMoveIsToldOnce() {
        watch.look();
        assertEquals(List.of(), lines());
        for (int round = 0; round < 2; round++) {
            move(set(1, 2, 3));
            watch.look();
            assertEquals(set(HOST_CPU), allowed);
            watch.look();
        }
        String line = "no longer affine to host CPU 5: it was moved to 1-3 from outside; pinned again";
        assertEquals(List.of(line, line), lines());
        assertEquals(1, asked.size());
    }

    @Test
    void aCpuThatCannotBePinnedAgainIsToldOnceAndShownWhereItIs() {
        refusal = -Errno.EINVAL;
        move(set(3));
        for (int look = 0; look < 5; look++) {
            watch.look();
        }
        assertEquals(3, node.apic(0).hostCpu());
        move(set(0, 1, 3));
        watch.look();
        watch.look();
        assertEquals(-1, node.apic(0).hostCpu());
        assertEquals(List.of(
            "no longer affine to host CPU 5: it may run on 3 only, and cannot be pinned again (-EINVAL)",
            "no longer affine to host CPU 5: it may run on 0-1,3 only, and cannot be pinned again (-EINVAL)"), lines());
        assertEquals(0, node.apic(0).counter(Counter.FAULTS));
    }

    @Test
    void aHostCpuThatComesBackIsUsedAgain() {
        for (boolean byItself : new boolean[] {true, false}) {
            refusal = -Errno.EINVAL;
            move(set(0));
            watch.look();
            assertEquals(0, node.apic(0).hostCpu());
            refusal = 0;
            move(byItself ? set(HOST_CPU) : set(0, HOST_CPU));
            watch.look();
            watch.look();
            assertEquals(HOST_CPU, node.apic(0).hostCpu());
            assertEquals(set(HOST_CPU), allowed);
        }
        String lost = "no longer affine to host CPU 5: it may run on 0 only, and cannot be pinned again (-EINVAL)";
        String back = "affine to host CPU 5 again";
        assertEquals(List.of(lost, back, lost, back), lines());
    }

    @Test
    void whoMovesACpuEachSecondDoesNotFloodTheLog() {
        for (int move = 0; move < 50; move++) {
            move(set(1));
            watch.look();
        }
        assertEquals(RateLimit.BURST, lines().size());
    }

    @Test
    void aCpuThatIsParkedIsLeftAlone() throws Exception {
        watch.look();
        node.shutDown();
        asked.clear();
        watch.look();
        assertEquals(Set.of(), asked);
    }
}
