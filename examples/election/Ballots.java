// SPDX-License-Identifier: Apache-2.0
import io.mkemu.Errno;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.Task;

/** The host's part: keeps a page for each kernel, gives it to each of its lives, and ends the election. */
final class Ballots {
    private static final int PAGE = 4096;
    private static final long DEFAULT_MILLIS = 100;

    private final Kernel kernel;
    private final int[] members;
    private final long[] pages;
    private boolean over;

    Ballots(Kernel kernel, int[] members) {
        this.kernel = kernel;
        this.members = members;
        this.pages = new long[256];
    }

    void start() {
        long deadline = kernel.nanoTime() + kernel.parameter("ms", DEFAULT_MILLIS) * Election.MILLI;
        for (int member : members) {
            pages[member] = kernel.instanceAlloc(PAGE, PAGE);
            if (pages[member] == 0) {
                throw new IllegalStateException("no memory for a page of instance " + member);
            }
            try (Window page = kernel.memremap(pages[member], PAGE)) {
                page.buffer().putLong(Election.SAVED_AT, 0);
                page.buffer().putLong(Election.DEADLINE_AT, deadline);
            }
        }
        kernel.registerHandler((data, context) -> {
            int from = kernel.instanceOfCpu(data.senderCpu());
            if (over || kernel.sendPfn(from, Pages.pfn(pages[from])) == -Errno.EINVAL) {
                kernel.sendIpiData(from, new byte[Long.BYTES], Election.END);
            }
        }, null, Election.HELLO);
        kernel.startTask("ballots", () -> {
            long left = deadline - kernel.nanoTime();
            return left > 0 ? left : free() ? Task.DONE : Election.MILLI;
        });
    }

    /** Takes the pages back; false as long as a kernel has one of them mapped. */
    private boolean free() {
        over = true;
        boolean all = true;
        for (int member : members) {
            if (pages[member] != 0) {
                boolean freed = kernel.instanceFree(pages[member], PAGE) == 0;
                pages[member] = freed ? 0 : pages[member];
                all &= freed;
            }
        }
        return all;
    }
}
