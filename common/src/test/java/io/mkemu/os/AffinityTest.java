// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.Errno;
import java.util.BitSet;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class AffinityTest {
    /* Each in a thread of its own: the runner's threads keep their CPUs. */
    private static void inThread(Runnable test) throws Exception {
        FutureTask<Void> task = new FutureTask<>(test, null);
        new Thread(task).start();
        task.get();
    }

    private static BitSet of(int cpu) {
        BitSet set = new BitSet();
        set.set(cpu);
        return set;
    }

    @Test
    void aThreadIsConfinedAndItsChildrenInherit() throws Exception {
        BitSet before = Affinity.allowed();
        assertFalse(before.isEmpty());
        inThread(() -> before.stream().forEach(cpu -> {
            Affinity.set(of(cpu));
            assertEquals(of(cpu), Affinity.allowed());
            try {
                inThread(() -> assertEquals(of(cpu), Affinity.allowed(), "inherited"));
            } catch (Exception fault) {
                throw new AssertionError(fault);
            }
            Affinity.set(before);
            assertEquals(before, Affinity.allowed());
        }));
        assertEquals(before, Affinity.allowed(), "other threads keep what they have");
    }

    @Test
    void anotherThreadIsAskedAndMovedByItsId() throws Exception {
        BitSet before = Affinity.allowed();
        int mine = OsProcess.threadId();
        inThread(() -> {
            for (int cpu : before.stream().toArray()) {
                assertEquals(0, Affinity.set(mine, of(cpu)));
                assertEquals(of(cpu), Affinity.allowed(mine));
            }
            assertEquals(-Errno.EINVAL, Affinity.set(mine, of(Affinity.MAX_HOST_CPUS)));
            assertEquals(0, Affinity.set(mine, before));
            assertEquals(before, Affinity.allowed(), "the caller stays where it was");
        });
        assertEquals(before, Affinity.allowed());
    }

    @Test
    void whatIsAllowedRuns() {
        BitSet notRunning = Affinity.allowed();
        notRunning.andNot(Affinity.online());
        assertEquals(new BitSet(), notRunning);
    }

    @Test
    void listsAreThoseOfLinux() {
        for (String list : new String[] {"0", "0-1", "0-3,5", "1,3,5-1023"}) {
            assertEquals(list, Affinity.list(Affinity.parse(list + "\n")));
        }
        assertEquals("", Affinity.list(new BitSet()));
        for (String bad : new String[] {"", "x", "3-1", "-1", "0-1024", "0,,1"}) {
            assertThrows(NumberFormatException.class, () -> Affinity.parse(bad), bad);
        }
    }

    @Test
    void aRefusalNamesWhatIsAllowed() throws Exception {
        inThread(() -> {
            BitSet allowed = Affinity.allowed();
            for (BitSet bad : new BitSet[] {new BitSet(), of(Affinity.MAX_HOST_CPUS - 1), of(Affinity.MAX_HOST_CPUS)}) {
                if (!bad.intersects(allowed)) {
                    String message =
                        assertThrows(IllegalArgumentException.class, () -> Affinity.set(bad)).getMessage();
                    assertTrue(message.contains("host CPU " + Affinity.list(bad) + " ")
                        && message.endsWith("allowed here: " + Affinity.list(allowed)), message);
                    assertFalse(message.contains("\n"), message);
                }
            }
            assertEquals(allowed, Affinity.allowed(), "a refusal changes nothing");
        });
    }
}
