// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.Errno;
import io.mkemu.abi.IpiMode;
import io.mkemu.kernel.TestKernels.Node;
import io.mkemu.module.IpiHandler;
import io.mkemu.testkit.CModules;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Where both mailboxes are held against what they owe, call by call; a test's display name is the row of
 * docs/semantics.md that it proves. Three kernels: the host on CPU 0, instance 1 on CPUs 2 and 5, which receives, and
 * instance 2 on CPUs 1 and 3, which sends. The instances are kernels in Java, or such as run modules in C.
 */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
abstract class MailboxContract {
    static final int TYPE = 0x8000_0042;
    static final int SLOTS = TestKernels.LAYOUT.ipiSlots();

    /** All in which the mailboxes differ under the tests that run once for each. */
    enum Differences {
        QUEUED(IpiMode.QUEUED, -Errno.ESHUTDOWN, -Errno.ENOSPC, 1, -Errno.EINVAL, false),
        SINGLE_SLOT(IpiMode.SINGLE_SLOT, 0, 0, 0, 0, true);

        final IpiMode mode;
        final int sendToInactive;
        final int sendWhileReceiverLags;
        final int callbacksOfZeroSize;
        final int sendOfWideType;
        final boolean mapsUnsharedPages;

        Differences(IpiMode mode, int sendToInactive, int sendWhileReceiverLags, int callbacksOfZeroSize,
            int sendOfWideType, boolean mapsUnsharedPages) {
            this.mode = mode;
            this.sendToInactive = sendToInactive;
            this.sendWhileReceiverLags = sendWhileReceiverLags;
            this.callbacksOfZeroSize = callbacksOfZeroSize;
            this.sendOfWideType = sendOfWideType;
            this.mapsUnsharedPages = mapsUnsharedPages;
        }
    }

    final KernelHost kind;
    final Differences here;
    TestKernels machine;
    Node host;
    Subject receiver;
    Subject sender;
    final List<String> arrived = Collections.synchronizedList(new ArrayList<>());

    MailboxContract(KernelHost kind, Differences here) {
        this.kind = kind;
        this.here = here;
    }

    static Stream<Arguments> kernelsAndMailboxes() {
        return KernelHost.tested()
            .flatMap(kind -> Stream.of(Differences.values()).map(here -> Arguments.of(kind, here)));
    }

    @BeforeEach
    void boot() throws Exception {
        if (kind != KernelHost.JAVA) {
            CModules.require();
        }
        machine = new TestKernels(here.mode);
        host = machine.boot(0, 0);
        receiver = boot(1, 2, 5);
        sender = boot(2, 1, 3);
    }

    private Subject boot(int id, int... cpus) throws Exception {
        return kind == KernelHost.JAVA ? machine.boot(id, cpus) : machine.puppet(kind, id, cpus);
    }

    @AfterEach
    void shutDown() throws Exception {
        if (machine != null) {
            machine.close();
        }
    }

    /** A number of messages: one that a test's callback sees is a thousand times dearer where the callback is in C. */
    int messages(int inJava) {
        return kind == KernelHost.JAVA ? inJava : inJava / 400;
    }

    /** A number of rounds of several calls each, which are dearer too. */
    int rounds(int inJava) {
        return kind == KernelHost.JAVA ? inJava : inJava / 5;
    }

    int send(Subject from, int to, int type, String text) throws Exception {
        return from.on(() -> from.api.sendIpiData(to, text.getBytes(StandardCharsets.UTF_8), type));
    }

    IpiHandler note(Subject at, String name, int type) {
        return at.api.registerHandler((data, context) -> {
            byte[] bytes = new byte[data.dataSize()];
            data.buffer().getBytes(0, bytes);
            arrived.add(name + data.senderCpu() + ":" + new String(bytes, StandardCharsets.UTF_8));
        }, null, type);
    }
}
