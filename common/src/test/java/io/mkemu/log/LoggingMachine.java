// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import io.mkemu.testkit.TestMachine;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A machine, an instance that writes its kernel log, and somebody who reads it. */
abstract class LoggingMachine {
    static final int ID = 7;

    @RegisterExtension
    final TestMachine machine = new TestMachine();
    final KernelLog log = new KernelLog(machine.memory(), ID);
    final KernelLogReader reader = new KernelLogReader(machine.memory(), ID);
}
