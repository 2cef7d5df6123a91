// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What others do on the machine, by what /proc/stat says. */
class OtherWorkTest {
    private static final long SECOND = 1_000_000_000;

    private static String stat(long user, long system, long idle, long steal) {
        return "cpu  " + user + " 7 " + system + " " + idle + " 55 3 4 " + steal + " 99 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
    }

    @Test
    void anIdleMachineIsNotBusyHoweverMuchItDidBefore() {
        OtherWork now = OtherWork.between(stat(900_000, 80_000, 1000, 5), stat(900_001, 80_000, 1199, 5), 0, SECOND);
        assertEquals(0.01, now.busy(), 1e-9);
        assertEquals(0, now.stolen(), 1e-9);
        assertFalse(now.isMuch());
    }

    @Test
    void whatThisProcessUsedIsNotTheOthers() {
        OtherWork now = OtherWork.between(stat(100, 50, 0, 0), stat(150, 70, 0, 0), 600_000_000, SECOND);
        assertEquals(0.1, now.busy(), 1e-9);
        assertEquals(0, OtherWork.between(stat(1, 0, 0, 0), stat(2, 0, 0, 0), SECOND, SECOND).busy(), 1e-9);
    }

    @Test
    void othersOnItOrOnItsHypervisorAreTold() {
        assertTrue(OtherWork.between(stat(0, 0, 0, 0), stat(80, 20, 100, 0), 0, SECOND).isMuch());
        OtherWork stolen = OtherWork.between(stat(0, 0, 0, 10), stat(0, 0, 100, 60), 0, SECOND);
        assertEquals(0.5, stolen.stolen(), 1e-9);
        assertTrue(stolen.isMuch());
    }

    @Test
    void whatCannotBeReadIsNotCalledBusy() {
        OtherWork unknown = OtherWork.between("intr 5\n", "intr 6\n", 0, SECOND);
        assertEquals(new OtherWork(-1, -1), unknown);
        assertFalse(unknown.isMuch());
    }

    @Test
    void aLookAtThisMachineTellsSomething() throws InterruptedException {
        OtherWork now = OtherWork.look();
        assertTrue(now.busy() >= 0 && now.stolen() >= 0, now.toString());
    }
}
