// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.mkemu.Errno;
import io.mkemu.abi.KernelCall;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Memory and pages of a replayed module. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
class ReplayMemoryTest extends ReplayFixture {
    @Test
    void memoryIsWhereItWas() throws Exception {
        long address = 0x40_0000;
        long pfn = 0x999;
        byte[] content = new byte[Pages.PAGE_SIZE];
        content[17] = 5;
        byte[] message = new byte[Long.BYTES];
        new UnsafeBuffer(message).putLong(0, pfn);
        List<Object> seen = new ArrayList<>();
        KernelModule shares = module(kernel -> {
            long mine = kernel.instanceAlloc(5000, 4096);
            Window window = kernel.memremap(mine, 8192);
            window.buffer().putLong(4096, 42);
            seen.add(kernel.sendPfn(2, Pages.pfn(mine)));
            kernel.registerHandler((data, context) -> {
                try (Window theirs = kernel.receiveMapPage(data)) {
                    seen.add(theirs.physicalAddress());
                    seen.add(theirs.buffer().getByte(17));
                }
                try (Window again = kernel.memremap(mine + 4096, 4096)) {
                    seen.add(again.buffer().getLong(0));
                    seen.add(again.buffer().getLong(8));
                }
                assertNull(kernel.receiveMapPage(data));
                seen.add(kernel.revokePfn(2, Pages.pfn(mine)));
                seen.add(kernel.instanceFree(mine, 5000));
                seen.add(kernel.instanceFree(mine, 5000));
            }, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        });
        equal(new Scripted(4).call(KernelCall.INSTANCE_ALLOC, address, 2, 12)
            .sent(2, MkIpiDataDescriptor.PFN_IPI_TYPE, pfnBytes(Pages.pfn(address)))
            .call(KernelCall.SEND_PFN, Pages.pfn(address), 2, 0)
            .init()
            .call(KernelCall.RECEIVE_MAP_PAGE, pfn, 1, content)
            .call(KernelCall.RECEIVE_MAP_PAGE, pfn, 0, 0)
            .call(KernelCall.REVOKE_PFN, Pages.pfn(address), 2, 0)
            .call(KernelCall.INSTANCE_FREE, address, 2, Errno.EBUSY)
            .call(KernelCall.INSTANCE_FREE, address, 2, 0)
            .callback(0, MkIpiDataDescriptor.PFN_IPI_TYPE, message).replay(shares));
        assertEquals(List.of(0, Pages.address(pfn), (byte) 5, 42L, 0L, 0, -Errno.EBUSY, 0), seen);
    }

    @Test
    void whatOthersWroteIntoASharedPageIsThere() throws Exception {
        long address = 0x40_0000;
        List<Long> seen = new ArrayList<>();
        KernelModule owner = module(kernel -> {
            Window mine = kernel.memremap(kernel.instanceAlloc(4096, 1), 4096);
            kernel.startTask("look", () -> {
                seen.add(mine.buffer().getLong(64));
                return Task.WAIT;
            });
        });
        equal(new Scripted(4).call(KernelCall.INSTANCE_ALLOC, address, 1, 0).init().task(0, 0, false, 0)
            .call(KernelCall.PAGE_CHANGED, address + 64, 0, pfnBytes(77)).task(0, 0, false, 0)
            .replay(owner));
        assertEquals(List.of(0L, 77L), seen);
    }

    private static byte[] pfnBytes(long pfn) {
        byte[] bytes = new byte[Long.BYTES];
        new UnsafeBuffer(bytes).putLong(0, pfn);
        return bytes;
    }
}
