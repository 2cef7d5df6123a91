// SPDX-License-Identifier: Apache-2.0
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A module with a bug that bug.planted=1 on its kernel's command line plants; without it the module is right. */
abstract class Base implements KernelModule {
    static final int FINISHED = 100;
    static final long MICRO = 1_000;

    /** What is to be done with a message. */
    interface Takes {
        void message(int from, long value);
    }

    Kernel kernel;
    int id;
    boolean planted;
    private int finished;

    @Override
    public final String name() {
        return "bug";
    }

    @Override
    public final void init(Kernel given) {
        kernel = given;
        id = kernel.instanceId();
        planted = kernel.parameter("planted", 0) != 0;
        if (id == 0) {
            host();
        } else {
            member();
        }
    }

    abstract void host();

    abstract void member();

    final void on(int type, Takes takes) {
        kernel.registerHandler((data, context) -> takes.message(kernel.instanceOfCpu(data.senderCpu()),
            data.buffer().getLong(0, ByteOrder.LITTLE_ENDIAN)), null, type);
    }

    static byte[] bytes(long value) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    final int send(int to, int type, long value) {
        return kernel.sendIpiData(to, bytes(value), type);
    }

    /** Sends, again and again until that has worked. */
    final void surely(String what, int to, int type, long value) {
        kernel.startTask(what, () -> send(to, type, value) == 0 ? Task.DONE : MICRO);
    }

    /** The host: a page for members 1 to n. It is freed when all of them have said FINISHED. */
    final void share(int members, long... words) {
        long address = kernel.instanceAlloc(4096, 4096);
        try (Window page = kernel.memremap(address, 4096)) {
            for (int word = 0; word < words.length; word++) {
                page.buffer().putLong(8 * word, words[word]);
            }
        }
        for (int member = 1; member <= members; member++) {
            int to = member;
            kernel.startTask("share", () -> kernel.sendPfn(to, Pages.pfn(address)) == 0 ? Task.DONE : MICRO);
        }
        on(FINISHED, (from, value) -> finished++);
        kernel.startTask("free", () -> finished < members ? Task.WAIT
            : kernel.instanceFree(address, 4096) == 0 ? Task.DONE : MICRO);
    }

    /** A member: what to do with the host's page. */
    final void withPage(java.util.function.Consumer<Window> use) {
        kernel.registerHandler((data, context) -> use.accept(kernel.receiveMapPage(data)), null,
            MkIpiDataDescriptor.PFN_IPI_TYPE);
    }

    /** A member has unmapped the page. */
    final void finished() {
        surely("finished", 0, FINISHED, 0);
    }
}
