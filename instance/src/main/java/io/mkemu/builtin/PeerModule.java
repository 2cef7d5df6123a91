// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import io.mkemu.Errno;
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.abi.Pages;
import io.mkemu.ipi.MkIpiData;
import io.mkemu.log.LogLevel;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.Optional;
import java.util.Set;

/**
 * The other side of {@code examples/c-peer}: exchanges pages and numbered messages with one instance that begins,
 * checks each byte and counts what is wrong. All words are u64, little-endian. All on the boot CPU.
 *
 * <pre>
 *  partner                                this module
 *  MK_PFN_IPI_TYPE, its page        -&gt;    checks it, inverts each word, sends a page of its own
 *  HELLO { messages, lock step }    -&gt;    answers HELLO { messages }
 *  DATA  { k, pattern(k, 1..7) }   &lt;-&gt;    DATA { k, ~pattern(k, 1..7) }; in lock step after the partner's k only
 *  BYE   { mismatches it counted }  -&gt;    RESULT { received, mismatches counted here }
 * </pre>
 */
public final class PeerModule implements KernelModule {
    static final int HELLO = 0x7065_6572;
    static final int DATA = HELLO + 1;
    static final int BYE = HELLO + 2;
    static final int RESULT = HELLO + 3;
    static final int PAYLOAD = 64;
    private static final int PAYLOAD_WORDS = PAYLOAD / Long.BYTES;
    private static final int PAGE_WORDS = Pages.PAGE_SIZE / Long.BYTES;
    private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;
    private static final int BURST = 64;
    private static final long RETRY_NANOS = 50_000;
    private static final long PATROL_NANOS = 200_000_000;

    private Kernel kernel;
    private Words words;
    private int partner = -1;
    private long messages;
    private boolean lockStep;
    private long sent;
    private long received;
    private long mismatches;
    private boolean running;
    private boolean ended;
    private long ownPage;

    @Override
    public String name() {
        return "peer";
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of());
    }

    @Override
    public void init(Kernel kernel) {
        this.kernel = kernel;
        this.words = new Words(kernel);
        kernel.registerHandler(this::page, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        kernel.registerHandler(this::hello, null, HELLO);
        kernel.registerHandler(this::data, null, DATA);
        kernel.registerHandler(this::bye, null, BYE);
    }

    /** What both sides fill words with: word index of the page or message that a seed names. */
    static long pattern(long seed, long index) {
        return (seed + 1) * FACTOR ^ index;
    }

    private void page(MkIpiData data, Object context) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        long pfn = kernel.receivePfn(data);
        Window theirs = kernel.receiveMapPage(data);
        if (theirs == null) {
            return;
        }
        long bad = 0;
        for (int index = 0; index < PAGE_WORDS; index++) {
            long value = Words.get(theirs.buffer(), index);
            bad += value == pattern(pfn, index) ? 0 : 1;
            Words.put(theirs.buffer(), index, ~value);
        }
        kernel.receiveUnmapPage(theirs);
        answer(sender, bad);
    }

    private void answer(int target, long bad) {
        ownPage = ownPage == 0 ? kernel.instanceAlloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE) : ownPage;
        if (ownPage == 0) {
            kernel.printk(LogLevel.ERR, "no page is free in this instance's pool to answer instance " + target);
            return;
        }
        try (Window mine = kernel.memremap(ownPage, Pages.PAGE_SIZE)) {
            for (int index = 1; index < PAGE_WORDS; index++) {
                Words.put(mine.buffer(), index, pattern(Pages.pfn(ownPage), index));
            }
            Words.put(mine.buffer(), 0, bad);
        }
        note(target, kernel.sendPfn(target, Pages.pfn(ownPage)));
    }

    private void hello(MkIpiData data, Object context) {
        int sender = kernel.instanceOfCpu(data.senderCpu());
        if (running || data.dataSize() != 2 * Long.BYTES) {
            kernel.printk(LogLevel.WARNING, "hello of instance " + sender
                + (running ? " refused: busy with instance " + partner
                    : " has " + data.dataSize() + " bytes, want 16"));
            return;
        }
        partner = sender;
        messages = Words.get(data.buffer(), 0);
        lockStep = Words.get(data.buffer(), 1) != 0;
        sent = 0;
        received = 0;
        mismatches = 0;
        ended = false;
        running = true;
        /* Not of size 0: the single-slot mailbox drops that. */
        note(sender, words.put(0, messages).send(sender, HELLO, 1));
        kernel.startTask("peer", this::step);
    }

    private void data(MkIpiData data, Object context) {
        boolean good = running && data.dataSize() == PAYLOAD && Words.get(data.buffer(), 0) == received;
        for (int index = 1; good && index < PAYLOAD_WORDS; index++) {
            good = Words.get(data.buffer(), index) == pattern(received, index);
        }
        received++;
        mismatches += good ? 0 : 1;
    }

    private void bye(MkIpiData data, Object context) {
        if (!running || data.dataSize() != Long.BYTES) {
            return;
        }
        long theirs = Words.get(data.buffer(), 0);
        note(partner, words.put(0, received).put(1, mismatches).send(partner, RESULT, 2));
        kernel.printk("instance " + partner + ": " + sent + " sent, " + received + " received, " + mismatches
            + " mismatches here, " + theirs + " there");
        mismatches += theirs;
        ended = true;
    }

    private void note(int target, int result) {
        if (result != 0) {
            kernel.printk(LogLevel.ERR, "cannot answer instance " + target + ": " + Errno.name(result));
        }
    }

    private long step() throws ModuleFault {
        if (ended || !kernel.isActive(partner)) {
            running = false;
            if (!ended || mismatches != 0 || received != messages || sent != messages) {
                throw new ModuleFault("exchange with instance " + partner + (ended ? " went wrong" : " broke off")
                    + ": " + sent + " sent, " + received + " received of " + messages + ", " + mismatches
                    + " mismatches");
            }
            return Task.DONE;
        }
        long limit = lockStep ? Math.min(received, messages) : messages;
        for (int count = 0; count < BURST; count++) {
            if (sent >= limit) {
                return PATROL_NANOS;
            }
            if (next() != 0) {
                return RETRY_NANOS;
            }
        }
        return Task.AGAIN;
    }

    private int next() {
        words.put(0, sent);
        for (int index = 1; index < PAYLOAD_WORDS; index++) {
            words.put(index, ~pattern(sent, index));
        }
        int result = words.send(partner, DATA, PAYLOAD_WORDS);
        sent += result == 0 ? 1 : 0;
        return result;
    }

    @Override
    public void exit() {
        if (running) {
            kernel.printk(LogLevel.WARNING, "exchange with instance " + partner + " was under way: " + sent + " sent, "
                + received + " received of " + messages);
        }
    }
}
