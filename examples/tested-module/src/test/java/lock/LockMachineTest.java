// SPDX-License-Identifier: Apache-2.0
package lock;

import io.mkemu.test.LogLine;
import io.mkemu.test.Machine;
import io.mkemu.test.MachineTest;
import io.mkemu.test.SimulatedMachine;

/** The module in real processes, and in thousands of schedules of the simulator. */
class LockMachineTest {
    /* n1 would keep the lock for an hour. In the simulator first: there it dies in the midst of anything. */
    @MachineTest("stuck.dts")
    @SimulatedMachine(runs = 100, faults = "pause")
    void aCrashOfTheHolderHoldsUpNobody(Machine machine) throws InterruptedException {
        LogLine first = machine.awaitLog("n1", "has the lock");
        machine.crash("n1");
        machine.awaitLog("host", "instance 1 died with the lock");
        machine.awaitLog("n2", "had the lock 20 times");
        machine.exec("n1");
        machine.awaitLogAfter(first, "n1", "has the lock");
    }

    /* Without a machine of the test's: it runs by itself, and the module's check looks on. */
    @SimulatedMachine(value = "lock.dts", runs = 300, faults = "kill,restart,pause,mid-send")
    void nobodyElseHoldsItWhateverHappens() {
    }
}
