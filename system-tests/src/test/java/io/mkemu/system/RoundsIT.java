// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static io.mkemu.system.modules.RoundsDescriptor.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.boot.InstanceDescriptor.BootStep;
import io.mkemu.boot.InstanceEntry.Region;
import io.mkemu.boot.InstanceState;
import io.mkemu.boot.dt.RestartPolicy;
import io.mkemu.host.InstanceStatus;
import io.mkemu.ipi.SendProbe;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Pages;
import io.mkemu.memory.RamLayout;
import io.mkemu.memory.Window;
import io.mkemu.system.modules.RoundSurvivor;
import io.mkemu.system.modules.RoundVictim;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * 200 lives of one instance, each ended by kill -9 at another moment, while two others go on: what they exchange, what
 * it leaves behind, and what of a life reaches the next. All is counted, by the instances themselves, in their memory.
 */
class RoundsIT {
    private static final int ROUNDS = 200;
    private static final long START_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final List<SendProbe.Step> QUEUED_STEPS = List.of(SendProbe.Step.SIZE, SendProbe.Step.TYPE,
        SendProbe.Step.PAYLOAD, SendProbe.Step.PUBLISHED, SendProbe.Step.MARKED, SendProbe.Step.RUNG);
    private static final int[] NEVER = {TORN_OFFSET, REPEATED_OFFSET, LOST_OFFSET, BAD_RESULT_OFFSET};
    private static final Pattern RECORD = Pattern.compile("record at 0x([0-9a-f]+) in life (\\d+)$");

    /** When a life is ended, and in how many rounds of a hundred. */
    private enum Moment {
        /** Its process has just been forked, or the JVM is starting. */
        START(45),
        /** main has begun. */
        JVM(11),
        /** RAM is mapped. */
        MAPPED(8),
        /** CPUs run. */
        PINNED(8),
        /** A module's init has begun and does not come back. */
        INIT(5),
        /** It has just become active. */
        ACTIVE(6),
        /** It is sending and receiving. */
        TRAFFIC(9),
        /** In the middle of a send: the process has stopped there. */
        SENDING(6),
        /** It receives, and sends nothing. */
        IDLE(2);

        private final int percent;

        Moment(int percent) {
            this.percent = percent;
        }
    }

    /** What a life of the victim counted; all 0 if it was killed before it could. */
    private record Life(long epoch, Moment moment, SendProbe.Step step, long sentA, long sentB, long inFlight) {
        /** A message counts as sent when its send has returned, and exists when it has been published. */
        boolean canHaveReached(int survivor, long count) {
            long sent = survivor == SURVIVOR_A ? sentA : sentB;
            boolean sending = inFlight == survivor;
            if (step == null) {
                return count == sent || sending && count == sent + 1;
            }
            return count == (sending && step.compareTo(SendProbe.Step.PUBLISHED) >= 0 ? sent + 1 : sent);
        }
    }

    @RegisterExtension
    final Mk mk = new Mk();

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final List<Life> lives = new ArrayList<>();
    private final List<Long> deathNanos = new ArrayList<>();
    private final List<Long> foreign = new ArrayList<>();
    private Path ram;
    private Path victimJar;
    private TestHost host;
    private List<Long> survivors;
    private Window a;
    private Window b;
    private long epoch;
    private int inits;
    private long pagesForOthers;
    private long pagesOfSurvivors;

    @Test
    @Timeout(900)
    void nothingOfALifeReachesTheNextAndTheOthersNoticeNothing() throws Exception {
        System.out.println("rounds with seed " + seed);
        long begun = System.nanoTime();
        List<String> threads = HostResources.threadNames();
        ram = mk.sandbox().resolve("rounds/ram");
        victimJar = jar(RoundVictim.class);
        Path survivorJar = jar(RoundSurvivor.class, "$Held");
        TreeSource tree = new TreeSource().bootargs("idle=halt survivor.ram=" + ram).instance("victim")
            .instance("a", survivorJar).instance("b", survivorJar);
        try (TestHost made = TestHost.boot(mk, tree, "rounds")) {
            host = made;
            host.exec("a", "b");
            survivors = List.of(host.status("a").pid(), host.status("b").pid());
            a = record("a", 1);
            b = record("b", 1);
            round(Moment.TRAFFIC);
            HostResources first = rest();
            end();
            resume();
            for (Moment moment : plan()) {
                round(moment);
            }
            HostResources last = rest();
            host.await(() -> "held after round 1: " + first + "\nheld after round " + ROUNDS + ": " + last,
                () -> first.equals(HostResources.of(host.memory(), ram, survivors)));
            end();
            checkSurvivors();
            checkVictim();
            report(System.nanoTime() - begun);
            a.close();
            b.close();
            assertEquals(List.of(), host.shutDown());
        }
        assertEquals(List.of(), Procs.mentioning(mk.sandbox()));
        assertEquals(List.of(), Trees.below(mk.sandbox()));
        HostResources.awaitThreads(threads);
    }

    private Path jar(Class<?> module, String... inner) throws ClassNotFoundException {
        ModuleJar jar = new ModuleJar().service(module.getName()).classFile(module);
        for (String name : inner) {
            jar.classFile(Class.forName(module.getName() + name));
        }
        for (String name : List.of("RoundKernel", "RoundMessage", "RoundsDescriptor")) {
            jar.classFile(Class.forName(module.getPackageName() + "." + name));
        }
        return jar.write(mk.work(), module.getSimpleName() + ".jar");
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
        String mode = moment == Moment.INIT ? "init" : moment == Moment.IDLE ? "idle" : "traffic";
        begin(mode, step == null ? "" : " " + SendProbe.PARAMETER + "=" + step + ":" + (1 + random.nextInt(40)));
        await(moment);
        end();
        lives.add(life(moment, step));
    }

    private void begin(String mode, String more) {
        if (host.state("victim") == InstanceState.LOADED) {
            host.host().unload(List.of("victim"));
        }
        host.host().load("victim", List.of(victimJar.toString()), "idle=halt victim.mode=" + mode + " victim.ram=" + ram
            + more, RestartPolicy.NEVER);
        host.start("victim");
        epoch++;
        assertEquals(epoch, host.status("victim").epoch());
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
            case TRAFFIC -> awaitCount(SENT_OFFSET + SURVIVOR_A * Long.BYTES, 1 + random.nextInt(400));
            case SENDING -> awaitStopped();
            case IDLE -> awaitCount(RECEIVED_OFFSET + SURVIVOR_B * Long.BYTES, 1 + random.nextInt(20));
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

    private static long tried(Window survivor) {
        return sent(survivor, VICTIM) + word(survivor, FULL_OFFSET);
    }

    private void awaitStep(BootStep step) {
        host.await(() -> "victim never came to " + step,
            () -> host.memory().instances().entry(VICTIM).bootStep(step) != 0);
    }

    private void awaitCount(int offset, long count) {
        host.awaitState("victim", InstanceState.ACTIVE);
        try (Window record = record("victim", epoch)) {
            host.await(() -> "victim never counted " + count, () -> word(record, offset) >= count);
        }
    }

    /** kill -9; what the host makes of it, and when; what is left of the life's shares. */
    private void end() {
        long killed = System.nanoTime();
        TestHost.kill9(host.status("victim").pid());
        host.awaitState("victim", InstanceState.FAILED);
        deathNanos.add(System.nanoTime() - killed);
        assertEquals("killed by signal 9 (SIGKILL)", host.status("victim").reason());
        assertEquals(epoch, host.status("victim").epoch());
        /* A survivor that is just trying to share a page takes the share back. */
        host.await(() -> "shares of a dead life's", () -> shares() == 0);
    }

    /** Pages that the victim may map, and its own that others may map. */
    private long shares() {
        PageTable pages = host.memory().pageTable();
        RamLayout layout = host.memory().layout();
        List<Region> own = host.memory().instances().entry(VICTIM).regions();
        return LongStream.range(Pages.pfn(layout.hostAt()), Pages.pfn(layout.ramSize())).filter(
            pfn -> pages.isGranted(pfn, VICTIM) || InstancePool.owns(own, Pages.address(pfn), Pages.PAGE_SIZE)
                && (pages.isGranted(pfn, SURVIVOR_A) || pages.isGranted(pfn, SURVIVOR_B))).count();
    }

    /** Where an instance counts in a life, or null if it did not come so far. */
    private Window record(String name, long life) {
        for (String line : host.log(name)) {
            Matcher matcher = RECORD.matcher(line);
            if (matcher.find() && Long.parseLong(matcher.group(2)) == life) {
                return host.memory().map(Long.parseLong(matcher.group(1), 16), RECORD_LENGTH);
            }
        }
        return null;
    }

    /** What the dead victim's memory tells of its life; it lies there until the next exec. */
    private Life life(Moment moment, SendProbe.Step step) {
        try (Window record = record("victim", epoch)) {
            if (record == null) {
                return new Life(epoch, moment, step, 0, 0, 0);
            }
            for (int offset : NEVER) {
                assertEquals(0, word(record, offset), () -> "word " + offset + ", " + moment + "\n" + host.describe());
            }
            assertEquals(0, word(record, PAGES_REFUSED_OFFSET), () -> moment + "\n" + host.describe());
            pagesForOthers += word(record, PAGES_WRONG_OFFSET);
            pagesOfSurvivors += word(record, PAGES_MAPPED_OFFSET);
            foreign.addAll(list(record));
            return new Life(epoch, moment, step, word(record, SENT_OFFSET + SURVIVOR_A * Long.BYTES),
                word(record, SENT_OFFSET + SURVIVOR_B * Long.BYTES), word(record, IN_FLIGHT_OFFSET));
        }
    }

    private static List<Long> list(Window record) {
        int entries = Math.toIntExact(word(record, LISTED_OFFSET));
        assertTrue(entries <= LIST_LENGTH, () -> entries + " entries do not fit the list");
        return IntStream.range(0, entries).mapToObj(entry -> word(record, LIST_OFFSET + entry * Long.BYTES)).toList();
    }

    private static long word(Window record, int offset) {
        return record.buffer().getLongVolatile(offset);
    }

    /** What everybody holds while the victim idles and the survivors hold nothing of it. */
    private HostResources rest() {
        pause(1);
        begin("idle", "");
        host.awaitState("victim", InstanceState.ACTIVE);
        return HostResources.of(host.memory(), ram, survivors);
    }

    private void resume() {
        pause(0);
    }

    private void pause(long wanted) {
        a.buffer().putLongVolatile(STOP_OFFSET, wanted);
        b.buffer().putLongVolatile(STOP_OFFSET, wanted);
        host.await(() -> "a survivor does not obey",
            () -> word(a, STOPPED_OFFSET) == wanted && word(b, STOPPED_OFFSET) == wanted);
    }

    /** Between the survivors nothing is lost, torn, repeated or reordered, and they are who they were. */
    private void checkSurvivors() {
        host.await(() -> "messages between survivors are missing", () -> sent(a, SURVIVOR_B) == received(b, SURVIVOR_A)
            && sent(b, SURVIVOR_A) == received(a, SURVIVOR_B));
        for (Window survivor : List.of(a, b)) {
            for (int offset : NEVER) {
                assertEquals(0, word(survivor, offset), () -> "word " + offset + "\n" + host.describe());
            }
            assertEquals(0, word(survivor, FOREIGN_OFFSET), host::describe);
            assertEquals(0, word(survivor, PAGES_WRONG_OFFSET), host::describe);
        }
        for (String name : List.of("a", "b")) {
            InstanceStatus status = host.status(name);
            assertEquals(InstanceState.ACTIVE, status.state());
            assertEquals(1, status.epoch());
            assertEquals(0, status.counters().get("faults"), host::describe);
            assertEquals(0, status.counters().get("anomalies"), host::describe);
        }
        assertEquals(survivors, List.of(host.status("a").pid(), host.status("b").pid()));
    }

    /** Each life's messages arrived from 0 on, all that its sends published and none else; none came from outside. */
    private void checkVictim() {
        host.await(() -> "of lives of the victim: " + wrongLives(), () -> wrongLives().isEmpty());
        Set<Long> ambiguous = new HashSet<>();
        list(a).forEach(sequence -> ambiguous.add((long) SURVIVOR_A << 48 | sequence));
        list(b).forEach(sequence -> ambiguous.add((long) SURVIVOR_B << 48 | sequence));
        assertTrue(ambiguous.containsAll(foreign), () -> "messages of former lives " + foreign + ", of which "
            + ambiguous + " were sent while a life ended\n" + host.describe());
        assertTrue(pagesForOthers <= word(a, PAGES_AMBIGUOUS_OFFSET) + word(b, PAGES_AMBIGUOUS_OFFSET),
            () -> pagesForOthers + " pages that were shared with former lives\n" + host.describe());
    }

    private List<String> wrongLives() {
        List<String> wrong = new ArrayList<>();
        for (Life life : lives) {
            for (int survivor : List.of(SURVIVOR_A, SURVIVOR_B)) {
                long got = word(survivor == SURVIVOR_A ? a : b, LIVES_OFFSET + (int) life.epoch() * Long.BYTES);
                if (!life.canHaveReached(survivor, got)) {
                    wrong.add(life + " reached " + survivor + " with " + got);
                }
            }
        }
        return wrong;
    }

    private static long sent(Window record, int target) {
        return word(record, SENT_OFFSET + target * Long.BYTES);
    }

    private static long received(Window record, int sender) {
        return word(record, RECEIVED_OFFSET + sender * Long.BYTES);
    }

    private void report(long nanos) {
        long between = sent(a, SURVIVOR_B) + sent(b, SURVIVOR_A);
        long toVictim = sent(a, VICTIM) + sent(b, VICTIM);
        long fromVictim = received(a, VICTIM) + received(b, VICTIM);
        long mapped = word(a, PAGES_MAPPED_OFFSET) + word(b, PAGES_MAPPED_OFFSET);
        System.out.printf("%d rounds in %.1f s: %d messages between the survivors, %d to the victim, %d from "
            + "it; %d of its pages mapped, %d mapped by it; kill -9 to failed: median %.1f ms, p99 %.1f ms, max %.1f "
            + "ms%n", lives.size(), nanos / 1e9, between, toVictim, fromVictim, mapped, pagesOfSurvivors,
            deathMillis(0.5), deathMillis(0.99), deathMillis(1));
        assertTrue(between > ROUNDS * 100 && toVictim > ROUNDS && fromVictim > ROUNDS && mapped > ROUNDS
            && pagesOfSurvivors > 10, "too little happened to prove anything");
        assertEquals(ROUNDS, lives.size());
    }

    private double deathMillis(double quantile) {
        List<Long> sorted = deathNanos.stream().sorted().toList();
        return sorted.get((int) Math.ceil(quantile * sorted.size()) - 1) / 1e6;
    }
}
