// SPDX-License-Identifier: Apache-2.0
import io.mkemu.abi.MkIpiDataDescriptor;
import io.mkemu.memory.Window;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;
import java.util.Optional;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Instances elect a leader, as Raft does: time is divided into terms, each kernel has one vote in each term, and the
 * one that more than half of them vote for is the leader of the term. The host keeps a page for each kernel with the
 * term and the vote. The page outlives the kernel: one that was killed and restarted must not vote again in the same
 * term.
 */
public final class Election implements KernelModule {
    static final int ASK = 1;
    static final int VOTE = 2;
    static final int BEAT = 3;
    static final int HELLO = 4;
    static final int END = 5;
    static final int SAVED_AT = 0;
    static final int DEADLINE_AT = 8;
    static final long MILLI = 1_000_000;
    private static final long BEAT_NANOS = MILLI;
    private static final long PATIENCE_NANOS = 3 * MILLI;
    private static final int NOBODY = 0; // the host, for which no kernel votes

    private enum Role { FOLLOWER, CANDIDATE, LEADER }

    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Long.BYTES]);
    private Kernel kernel;
    private int[] members;
    private boolean forgets;
    private Window page;
    private boolean over;
    private Role role = Role.FOLLOWER;
    private long term;
    private int vote = NOBODY;
    private long votes; // a bit for each kernel that votes for this one
    private long patienceEnds;
    private long nextBeat;

    @Override
    public String name() {
        return "election";
    }

    @Override
    public Optional<Set<String>> parameters() {
        return Optional.of(Set.of("ms", "bug"));
    }

    @Override
    public void init(Kernel given) {
        kernel = given;
        members = kernel.instances().stream().mapToInt(each -> each.id()).filter(id -> id != 0).toArray();
        if (kernel.instanceId() == 0) {
            new Ballots(kernel, members).start();
            return;
        }
        forgets = "forget".equals(kernel.parameter("bug"));
        handle(ASK, this::asked);
        handle(VOTE, this::voted);
        handle(BEAT, this::beaten);
        handle(END, (from, number) -> over = true);
        kernel.registerHandler((data, context) -> {
            if (page == null && !over) { // the host answers each HELLO: when all is over, no page is to be mapped again
                page = kernel.receiveMapPage(data); // null if the host has just taken it back: END comes then
                begin();
            }
        }, null, MkIpiDataDescriptor.PFN_IPI_TYPE);
        kernel.startTask("election", this::step);
    }

    /** What a message says: who sent it, and a term. */
    private interface Message {
        void takes(int from, long its);
    }

    private void handle(int type, Message message) {
        kernel.registerHandler((data, context) -> {
            if (type == END || page != null) {
                message.takes(kernel.instanceOfCpu(data.senderCpu()), data.buffer().getLong(0));
            }
        }, null, type);
    }

    private void begin() {
        if (page != null) {
            long saved = forgets ? 0 : page.buffer().getLongVolatile(SAVED_AT); // the bug: a new life may vote again
            term = saved >>> 8;
            vote = (int) saved & 0xff;
            waitForLeader();
        }
    }

    private long step() {
        long now = kernel.nanoTime();
        if (page == null && !over) {
            send(0, HELLO, 0); // until the host is up and answers with the page
            return MILLI;
        }
        if (over || now >= page.buffer().getLong(DEADLINE_AT)) {
            over = true;
            kernel.receiveUnmapPage(page);
            page = null;
            return Task.DONE;
        }
        if (role != Role.LEADER && now >= patienceEnds) {
            role = Role.CANDIDATE;
            save(term + 1, kernel.instanceId());
            votes = 1L << kernel.instanceId();
            waitForLeader();
            nextBeat = now;
        }
        if (now >= nextBeat) {
            nextBeat = now + BEAT_NANOS;
            for (int member : members) {
                if (member != kernel.instanceId() && role != Role.FOLLOWER) {
                    send(member, role == Role.LEADER ? BEAT : ASK, term); // a lost one is sent again with the next beat
                }
            }
        }
        return Math.max(1, (role == Role.LEADER ? nextBeat : Math.min(nextBeat, patienceEnds)) - now);
    }

    private void asked(int from, long its) {
        follow(its);
        if (its == term && (vote == NOBODY || vote == from)) {
            save(term, from); // before anybody can know of the vote
            waitForLeader();
            send(from, VOTE, term);
        }
    }

    private void voted(int from, long its) {
        if (role == Role.CANDIDATE && its == term) {
            votes |= 1L << from;
            if (2 * Long.bitCount(votes) > members.length) {
                role = Role.LEADER;
                kernel.observe("leader", term);
                kernel.printk("leader of term " + term);
            }
        }
    }

    private void beaten(int from, long its) {
        follow(its);
        if (its == term) {
            role = Role.FOLLOWER;
            waitForLeader();
        }
    }

    /** Another kernel is in a later term. */
    private void follow(long its) {
        if (its > term) {
            role = Role.FOLLOWER;
            save(its, NOBODY);
        }
    }

    private void waitForLeader() {
        patienceEnds = kernel.nanoTime() + PATIENCE_NANOS + Math.floorMod(kernel.randomLong(), PATIENCE_NANOS);
    }

    private void save(long newTerm, int newVote) {
        term = newTerm;
        vote = newVote;
        page.buffer().putLongVolatile(SAVED_AT, term << 8 | vote); // one store: a kernel may die before or after it
    }

    private void send(int instance, int type, long number) {
        message.putLong(0, number);
        kernel.sendIpiData(instance, message, 0, Long.BYTES, type); // what is refused is sent again by step()
    }
}
