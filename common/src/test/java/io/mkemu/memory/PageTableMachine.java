// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.Pages;
import io.mkemu.machine.TestMachine;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** A machine's page table, from the first page that can be shared to the last. */
@Timeout(value = 30, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class PageTableMachine {
    static final int IDS = 256;

    @TempDir(factory = TestMachine.Shm.class)
    private Path directory;
    TestMachine machine;
    PageTable table;
    long first;
    long end;

    @BeforeEach
    void makeMachine() throws IOException {
        machine = TestMachine.create(directory);
        table = machine.memory().pageTable();
        first = Pages.pfn(TestMachine.LAYOUT.hostAt());
        end = Pages.pfn(TestMachine.LAYOUT.ramSize());
    }

    @AfterEach
    void close() throws IOException {
        machine.close();
    }

    long grants(long pfn) {
        long count = 0;
        for (int id = 0; id < IDS; id++) {
            count += table.isGranted(pfn, id) ? 1 : 0;
        }
        return count;
    }
}
