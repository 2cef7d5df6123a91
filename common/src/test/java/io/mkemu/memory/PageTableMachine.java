// SPDX-License-Identifier: Apache-2.0
package io.mkemu.memory;

import io.mkemu.abi.Pages;
import io.mkemu.testkit.TestMachine;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A machine's page table, from the first page that can be shared to the last. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class PageTableMachine {
    static final int IDS = 256;

    @RegisterExtension
    final TestMachine machine = new TestMachine();
    final PageTable table = machine.memory().pageTable();
    final long first = Pages.pfn(TestMachine.LAYOUT.hostAt());
    final long end = Pages.pfn(TestMachine.LAYOUT.ramSize());

    long grants(long pfn) {
        long count = 0;
        for (int id = 0; id < IDS; id++) {
            count += table.isGranted(pfn, id) ? 1 : 0;
        }
        return count;
    }
}
