// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tty;

import io.mkemu.memory.PhysicalMemory;
import io.mkemu.os.Futex;
import io.mkemu.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;

/** A kernel in a process of its own that shows what is typed, each byte plus 1, until the input ends. */
final class ConsoleProcess {
    private static final int PIECE = 700;

    private ConsoleProcess() {
    }

    public static void main(String[] args) throws Exception {
        ChildJvm.endWithParent();
        ConsoleKernelEnd kernel = new ConsoleKernelEnd(PhysicalMemory.open(Path.of(args[0])),
            Integer.parseInt(args[1]), Long.parseLong(args[2]));
        Futex futex = new Futex();
        UnsafeBuffer bytes = new UnsafeBuffer(new byte[PIECE]);
        System.out.println("open");
        while (true) {
            int seen = kernel.doorbell();
            if (kernel.session() != 0) {
                int count = kernel.read(bytes, 0, PIECE);
                if (count < 0) {
                    kernel.finish(42);
                }
                for (int at = 0; at < count; at++) {
                    bytes.putByte(at, (byte) (bytes.getByte(at) + 1));
                }
                for (int done = 0; done < count;) {
                    int room = kernel.doorbell();
                    int put = kernel.write(bytes, done, count - done);
                    if (put < 0) {
                        break;
                    }
                    done += put;
                    if (put == 0) {
                        kernel.await(futex, room, TimeUnit.SECONDS.toNanos(1));
                    }
                }
                if (count > 0) {
                    continue;
                }
            }
            kernel.await(futex, seen, TimeUnit.SECONDS.toNanos(1));
        }
    }
}
