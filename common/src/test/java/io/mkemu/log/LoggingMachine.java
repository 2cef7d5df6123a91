// SPDX-License-Identifier: Apache-2.0
package io.mkemu.log;

import io.mkemu.machine.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A machine, an instance that writes its kernel log, and somebody who reads it. */
abstract class LoggingMachine {
    static final int ID = 7;

    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    TestMachine machine;
    KernelLog log;
    KernelLogReader reader;

    @BeforeEach
    void makeMachine() throws IOException {
        machine = TestMachine.create(directory);
        log = new KernelLog(machine.memory(), ID);
        reader = new KernelLogReader(machine.memory(), ID);
    }

    @AfterEach
    void close() throws IOException {
        machine.close();
    }
}
