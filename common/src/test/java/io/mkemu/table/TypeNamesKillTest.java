// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.abi.RamLayout;
import io.mkemu.table.TypeNames.TypeName;
import io.mkemu.testkit.ChildJvm;
import io.mkemu.testkit.TestMachine;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Names are read in this process while another one gives them and is killed. */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class TypeNamesKillTest {
    private static final int KILLS = 3;
    private static final int LEAST = 5_000;

    @RegisterExtension
    private final TestMachine machine = new TestMachine(new RamLayout(4, 2, 1 << 20, 1 << 20));

    @Test
    void noNameIsTornWhileItsKernelWritesOrWhenItIsKilled() throws Exception {
        Random random = new Random(19);
        InstanceEntry entry = machine.mapped().instances().entry(NamingProcess.ID);
        for (int kill = 0; kill < KILLS; kill++) {
            long named = 0;
            try (ChildJvm kernel = ChildJvm.start(NamingProcess.class, machine.ram())) {
                assertEquals("up", kernel.readLine());
                int reads = LEAST + random.nextInt(LEAST);
                for (int read = 0; read < reads || named == 0; read++) {
                    named += checked(entry).size();
                }
                assertEquals(ChildJvm.KILLED, kernel.kill());
            }
            long life = entry.life();
            List<TypeName> left = checked(entry);
            assertTrue(left.isEmpty() || left.getFirst().equals(NamingProcess.name(life, 0))
                || left.getFirst().equals(NamingProcess.name(life - 1, 0)), () -> left + " in life " + life);
            entry.forgetLife();
            assertEquals(List.of(), entry.typeNames().all());
        }
    }

    private static List<TypeName> checked(InstanceEntry entry) {
        List<TypeName> seen = entry.typeNames().all();
        assertEquals("", NamingProcess.wrong(seen));
        return seen;
    }
}
