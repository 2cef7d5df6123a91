// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.builtin.TrafficDescriptor.FULL_OFFSET;
import static io.mkemu.system.modules.RoundPages.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.abi.InstanceDescriptor.BootStep;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.ipi.SendProbe;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.system.RoundBooks.Moment;
import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.RoundPages;
import io.mkemu.system.modules.RoundTraffic;
import io.mkemu.tree.RestartPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * 100 lives of one instance, each ended by kill -9 at another moment, while two others go on: what they exchange, what
 * it leaves behind, and what of a life reaches the next. All is counted, by the instances themselves, in their memory.
 * More of them, in hundreds: -Dmkemu.rounds=1000.
 */
class RoundsIT {
    private static final int ROUNDS = Integer.getInteger("mkemu.rounds", 100);
    /** Mapped in each life that is to send, at the least. */
    /* Fewer than may be outstanding in a life: what tells of an unmapped page may find its lane full. */
    private static final int PAGES = 10;
    private static final long START_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final String SENDING = " traffic.messages=1000000000 traffic.rate=2000";
    private static final List<SendProbe.Step> QUEUED_STEPS = List.of(SendProbe.Step.SIZE, SendProbe.Step.TYPE,
        SendProbe.Step.PAYLOAD, SendProbe.Step.PUBLISHED, SendProbe.Step.MARKED, SendProbe.Step.RUNG);

    @RegisterExtension
    final Mk mk = new Mk();

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private Set<Thread> older;
    private Path ram;
    private List<String> jars;
    private String bootargs;
    private LiveHost host;
    private List<Long> survivors;
    private RoundRecord a;
    private RoundRecord b;
    private RoundBooks books;
    private long life;
    private int inits;

    @Test
    @Timeout(900)
    void nothingOfALifeReachesTheNextAndTheOthersNoticeNothing() throws Exception {
        System.out.println("rounds with seed " + seed);
        long begun = System.nanoTime();
        older = HostResources.liveThreads();
        ram = mk.sandbox().resolve("rounds/ram");
        jars = List.of(ModuleJar.of(mk.work(), RoundTraffic.class).toString(),
            ModuleJar.of(mk.work(), RoundPages.class, "RoundPages$Held").toString());
        bootargs = "idle=halt traffic.with=1,2,3 traffic.mortal=1 traffic.size=256 traffic.sizes=1 traffic.record=1"
            + " traffic.ram=" + ram + " round-pages.ram=" + ram;
        TreeSource tree = new TreeSource().bootargs(bootargs + SENDING).instance("victim")
            .instance("a", jars.toArray()).instance("b", jars.toArray());
        try (LiveHost made = LiveHost.boot(mk, tree, "rounds")) {
            host = made;
            host.exec("a", "b");
            survivors = List.of(host.status("a").pid(), host.status("b").pid());
            a = RoundRecord.of(host, "a", 1);
            b = RoundRecord.of(host, "b", 1);
            books = new RoundBooks(host, a, b);
            round(Moment.TRAFFIC);
            HostResources first = rest();
            end();
            resume();
            for (Moment moment : plan()) {
                round(moment);
            }
            HostResources last = rest();
            host.await(() -> "held after round 1: " + first + "\nheld after round " + ROUNDS + ": " + last,
                () -> first.equals(HostResources.of(older, host.mapped(), ram, survivors)));
            end();
            books.checkSurvivors(survivors);
            books.checkVictim();
            books.report(ROUNDS, System.nanoTime() - begun);
            a.close();
            b.close();
            assertEquals(List.of(), host.shutDown());
        }
        assertEquals(List.of(), mk.processes());
        assertEquals(List.of(), Trees.below(mk.sandbox()));
        HostResources.awaitThreads(older);
    }

    private List<Moment> plan() {
        List<Moment> plan = new ArrayList<>();
        for (Moment moment : Moment.values()) {
            plan.addAll(Collections.nCopies(moment.percent * ROUNDS / 100, moment));
        }
        assertEquals(ROUNDS, plan.size());
        /* The first round is over by now. */
        plan.remove(Moment.TRAFFIC);
        Collections.shuffle(plan, random);
        return plan;
    }

    /** One life, from exec to its end at that moment. */
    private void round(Moment moment) throws Exception {
        SendProbe.Step step = moment == Moment.SENDING ? QUEUED_STEPS.get(random.nextInt(QUEUED_STEPS.size())) : null;
        if (moment == Moment.INIT) {
            begin(List.of(ModuleJar.of(mk.work(), Awkward.class).toString()), " awkward.in=init");
        } else if (moment == Moment.IDLE) {
            beginIdle();
        } else {
            begin(jars, SENDING
                + (step == null ? "" : " " + SendProbe.PARAMETER + "=" + step + ":" + (1 + random.nextInt(40))));
        }
        await(moment);
        end();
        books.add(life, moment, step);
    }

    /** It receives, and sends nothing. */
    private void beginIdle() {
        begin(jars, " traffic.messages=0 round-pages.share=0");
    }

    private void begin(List<String> modules, String more) {
        if (host.state("victim") == InstanceState.LOADED) {
            host.host().unload(List.of("victim"));
        }
        host.host().load("victim", modules, bootargs + more, RestartPolicy.NEVER);
        host.start("victim");
        life++;
        assertEquals(life, host.status("victim").life());
    }

    private void await(Moment moment) throws InterruptedException {
        switch (moment) {
            /* No waiting for anything: the kill comes at any point of it. */
            case START -> LockSupport.parkNanos(random.nextLong(START_NANOS));
            case JVM -> awaitStep(BootStep.JVM);
            case MAPPED -> awaitStep(BootStep.MAPPED);
            case PINNED -> awaitStep(BootStep.PINNED);
            case INIT -> host.awaitLog("victim", ++inits, "hangs in init");
            case ACTIVE -> host.awaitState("victim", InstanceState.ACTIVE);
            case TRAFFIC -> {
                long before = mapped();
                awaitCount(record -> record.sent(2), 1 + random.nextInt(400));
                host.await(() -> "no pages of the victim", () -> mapped() >= before + PAGES);
            }
            case SENDING -> awaitStopped();
            case IDLE -> awaitCount(record -> record.received(3), 1 + random.nextInt(20));
        }
    }

    /** It stops in a send by itself; what is sent to it from then on dies with it, unread. */
    private void awaitStopped() throws InterruptedException {
        Procs.awaitStopped(host.status("victim").pid());
        long triedByA = tried(a);
        long triedByB = tried(b);
        host.await(() -> "nobody sends to a stopped victim",
            () -> tried(a) > triedByA + 2 && tried(b) > triedByB + 2);
    }

    /** Pages of the victim that the survivors have mapped. */
    private long mapped() {
        return a.pages(MAPPED_OFFSET) + b.pages(MAPPED_OFFSET);
    }

    private static long tried(RoundRecord survivor) {
        return survivor.sent(VICTIM) + survivor.of(VICTIM, FULL_OFFSET);
    }

    private void awaitStep(BootStep step) {
        host.await(() -> "victim never came to " + step,
            () -> host.mapped().instances().entry(VICTIM).bootStep(step) != 0);
    }

    private void awaitCount(ToLongFunction<RoundRecord> what, long count) {
        host.awaitState("victim", InstanceState.ACTIVE);
        try (RoundRecord record = RoundRecord.of(host, "victim", life)) {
            host.await(() -> "victim never counted " + count, () -> what.applyAsLong(record) >= count);
        }
    }

    /** kill -9; what the host makes of it, and when; what is left of the life's shares. */
    private void end() {
        long killed = System.nanoTime();
        LiveHost.kill9(host.status("victim").pid());
        host.awaitState("victim", InstanceState.FAILED);
        books.addDeath(System.nanoTime() - killed);
        assertEquals("killed by signal 9 (SIGKILL)", host.status("victim").reason());
        assertEquals(life, host.status("victim").life());
        /* A survivor that is just trying to share a page takes the share back. */
        host.await(() -> "shares of a dead life's", () -> shares() == 0);
    }

    /** Pages that the victim may map, and its own that others may map. */
    private long shares() {
        PageTable pages = host.memory().pageTable();
        RamLayout layout = host.memory().layout();
        List<Region> own = host.mapped().instances().entry(VICTIM).regions();
        return LongStream.range(Pages.pfn(layout.hostAt()), Pages.pfn(layout.ramSize())).filter(
            pfn -> pages.isGranted(pfn, VICTIM) || InstancePool.owns(own, Pages.address(pfn), Pages.PAGE_SIZE)
                && SURVIVORS.stream().anyMatch(survivor -> pages.isGranted(pfn, survivor))).count();
    }

    /** What everybody holds while the victim idles and the survivors hold nothing of it. */
    private HostResources rest() {
        pause(1);
        beginIdle();
        host.awaitState("victim", InstanceState.ACTIVE);
        /* Its area is mapped by whoever has sent to this life, and not before. */
        long triedByA = tried(a);
        long triedByB = tried(b);
        host.await(() -> "a survivor does not send to the victim that idles",
            () -> tried(a) > triedByA && tried(b) > triedByB);
        return HostResources.of(older, host.mapped(), ram, survivors);
    }

    private void resume() {
        pause(0);
    }

    private void pause(long wanted) {
        a.pages(STOP_OFFSET, wanted);
        b.pages(STOP_OFFSET, wanted);
        host.await(() -> "a survivor does not obey",
            () -> a.pages(STOPPED_OFFSET) == wanted && b.pages(STOPPED_OFFSET) == wanted);
    }
}
