// SPDX-License-Identifier: Apache-2.0
import io.mkemu.memory.Window;
import io.mkemu.module.Task;

/** n1 gets a page of the host, and n2 may say that nobody needs it. The bug: n1 drops it then and does not unmap. */
public final class ForgottenUnmap extends Base {
    private static final int CANCEL = 1;

    private Window page;
    private boolean cancelled;

    @Override
    void host() {
        long address = kernel.instanceAlloc(4096, 4096);
        boolean[] told = {false};
        on(FINISHED, (from, value) -> told[0] = true);
        kernel.startTask("share", () -> kernel.sendPfn(1, io.mkemu.abi.Pages.pfn(address)) == 0 ? Task.DONE : MICRO);
        kernel.startTask("free", () -> !told[0] ? Task.WAIT
            : kernel.instanceFree(address, 4096) == 0 || planted ? Task.DONE : MICRO);
    }

    @Override
    void member() {
        if (id == 2) {
            surely("cancel", 1, CANCEL, 0);
            return;
        }
        on(CANCEL, (from, value) -> {
            cancelled = true;
            if (planted) {
                page = null;
            }
        });
        boolean[] come = {false};
        withPage(window -> {
            page = window;
            come[0] = true;
        });
        kernel.startTask("use", () -> {
            if (!come[0] || !cancelled) {
                return Task.WAIT;
            }
            if (page != null) {
                kernel.receiveUnmapPage(page);
            }
            finished();
            return Task.DONE;
        });
    }
}
