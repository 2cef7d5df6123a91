// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jdi.LongValue;
import com.sun.jdi.ObjectReference;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.event.ExceptionEvent;
import com.sun.jdi.event.MethodEntryEvent;
import com.sun.jdi.request.MethodEntryRequest;
import io.mkemu.module.PayloadDecoder;
import io.mkemu.system.modules.Bidder;
import io.mkemu.system.modules.Keeper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code mk replay}: a bug that depends on the order of arrival, recorded once, is there each time again. */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class ReplayIT {
    /** More of them: -Dmkemu.replays=100. */
    private static final int TIMES = Integer.getInteger("mkemu.replays", 8);
    /** A replay is two JVMs, one after the other. */
    private static final int AT_ONCE = 4;
    private static final String LOG = "^\\[ *\\d+\\.\\d{6}\\] keeper: (keeper: .*)$";

    @RegisterExtension
    final Mk mk = new Mk();

    private Path journal() {
        return mk.work().resolve("journal");
    }

    /** The jar that a keeper comes from; another class in it is another version of the module. */
    private Path keeper(Class<? extends Keeper> version) {
        return new ModuleJar().service(version.getName()).classFile(Keeper.class).classFile(version)
            .service(PayloadDecoder.class, Keeper.Decoder.class).classFile(Keeper.Decoder.class)
            .write(mk.work(), "keeper.jar");
    }

    private MkProcess record(Class<? extends Keeper> version, String trace) throws Exception {
        Path bidder = ModuleJar.of(mk.work(), Bidder.class);
        Path tree = new TreeSource().instance("high", bidder).instance("low", bidder)
            .properties("mkemu,jvm-options = \"-ea\", \"-Xmx48m\", \"-XX:+UseParallelGC\";")
            .instance("keeper", keeper(version)).write(mk.work(), "auction");
        return mk.start("run", tree, "--journal", journal(), "--trace", trace);
    }

    private MkProcess replay(Object... more) throws Exception {
        Object[] args = new Object[more.length + 4];
        System.arraycopy(new Object[] {"replay", journal(), "--instance", "keeper"}, 0, args, 0, 4);
        System.arraycopy(more, 0, args, 4, more.length);
        return mk.start(args);
    }

    /** What the keeper logged. */
    private static List<String> logged(MkProcess process, String pattern) {
        return process.out(pattern).stream().map(line -> line.replaceFirst(pattern, "$1")).toList();
    }

    @Test
    void aSeededBugIsThereEachTimeAgain() throws Exception {
        MkProcess run = record(Keeper.class, "all").ends(0);
        List<String> then = logged(run, LOG);
        assertTrue(then.size() >= 2 && then.getFirst().equals("keeper: round 0: sold for 1, number 1 that is wrong"),
            run::describe);
        for (int time = 0; time < TIMES; time += AT_ONCE) {
            List<MkProcess> replays = new ArrayList<>();
            for (int one = 0; one < AT_ONCE; one++) {
                replays.add(replay("-v"));
            }
            for (MkProcess again : replays) {
                again.ends(0);
                assertEquals("EQUAL", again.out().getLast(), again::describe);
                assertEquals(then, logged(again, "^(keeper: .*)$"), again::describe);
                assertTrue(again.err().isEmpty(), again::describe);
            }
        }
        JsonNode json = mk.json("replay", journal(), "--instance", "3", "--life", 1);
        assertEquals("equal", json.path("verdict").asText(), json::toString);
        assertEquals("keeper", json.path("instance").asText(), json::toString);
        assertEquals(400, json.path("callbacks").asInt(), json::toString);
        assertEquals(401, json.path("sends").asInt(), json::toString);
        assertEquals(json.path("recordedSteps"), json.path("steps"), json::toString);
        assertEquals(0, json.path("notes").size(), json::toString);
        for (String other : List.of("high", "low")) {
            assertEquals("equal", mk.json("replay", journal(), "--instance", other).path("verdict").asText());
        }
        namesAreInTheJournal();
        aDebuggerIsThereAtTheStep();
        aMendedModuleIsDifferentWhereTheBugWas();
        aModuleThatHangsIsEnded();
        aModuleThatEndsItsProcess();
        whatCannotBeReplayedIsRefused();
    }

    /** Of a machine that is gone. The keeper names the types, the bidders' messages have the names too. */
    private void namesAreInTheJournal() throws Exception {
        MkProcess trace = mk.start("trace", "--journal", journal(), "--decode").ends(0);
        assertEquals(1, trace.out(" keeper .*: type_name: type=0x100 name=auction\\.bid$").size(), trace::describe);
        assertEquals(400, trace.out(": callback_begin: id=\\S+ type=0x100\\(auction\\.bid\\) size=16 ").size());
        assertTrue(trace.out(" high .*: send: id=\\S+ type=0x100\\(auction\\.bid\\) ").size() >= 200);
        assertTrue(trace.out(": task: task=0 name=bid ").size() >= 400);
        assertEquals(0, trace.out("type=0x10[02] size=").size());
        payloadsAreInWords(trace);
        typesAreAskedForByName();
    }

    /** The keeper's jar has the decoder, the bidders' messages are decoded too. */
    private void payloadsAreInWords(MkProcess trace) throws Exception {
        assertEquals(List.of(), trace.err(), trace::describe);
        assertEquals(400, trace.out(": callback_begin: .* type=0x100.* decoded=\"bid \\d+ in \\\\\"round\\\\\" \\d+\"$")
            .size(), trace::describe);
        assertTrue(trace.out(" high .*: send: .* decoded=\"bid \\d+ in .*\"$").size() >= 1, trace::describe);
        assertTrue(trace.out(" keeper .*: send: .* decoded=\"round 0\\\\\\\\x1b\\[2J: 1\"$").size() >= 1,
            trace::describe);
        String json = String.join("", mk.start("trace", "export", "-", "--journal", journal(), "--decode").ends(0)
            .out());
        assertTrue(new ObjectMapper().readTree(json).path("traceEvents").findValuesAsText("decoded")
            .contains("round 0\\x1b[2J: 1"), json);
    }

    private void typesAreAskedForByName() throws Exception {
        MkProcess bids = mk.start("trace", "--journal", journal(), "--type", "auction.bid", "--event",
            "callback_begin").ends(0);
        assertEquals(400, bids.out(": callback_begin: .* type=0x100\\(auction\\.bid\\) ").size(), bids::describe);
        assertEquals(0, bids.out("type=0x10[^0]").size());
        JsonNode sold = mk.json("trace", "--journal", journal(), "--summary", "--type", "auction.sold");
        assertEquals(400, sold.path("sent").asInt(), sold::toString);
        mk.start("trace", "--journal", journal(), "--type", "auction.bit").refuses(7, "no type \"auction.bit\" in this "
            + "journal; did you mean auction.bid\\? Types are called auction.bid, auction.sold");
    }

    /** Step 7 handles the second bid of round 2. */
    private void aDebuggerIsThereAtTheStep() throws Exception {
        MkProcess debugged = replay("--debug", "--break-at", "7");
        debugged.awaitOut(1, "^keeper: waits for a debugger: ");
        List<String> out = debugged.out();
        assertTrue(out.getFirst().matches("step 7, CPU 3: \\[ *\\d+\\.\\d{6}\\] callback of message \\d\\.3\\.1\\.\\d+ "
            + "\\(type 0x100\\(auction\\.bid\\), 16 bytes\\)"), debugged::describe);
        String attach = out.get(1).substring("keeper: waits for a debugger: ".length());
        assertTrue(attach.matches("jdb -attach 127\\.0\\.0\\.1:\\d+"), attach);
        VirtualMachine jvm = Jdi.attach(attach);
        ExceptionEvent stopped = assertInstanceOf(ExceptionEvent.class, Jdi.next(jvm));
        assertEquals("io.mkemu.replay.ReplayBreak", stopped.exception().type().name());
        MethodEntryRequest entry = jvm.eventRequestManager().createMethodEntryRequest();
        entry.addClassFilter(Keeper.class.getName());
        entry.enable();
        jvm.resume();
        MethodEntryEvent entered = assertInstanceOf(MethodEntryEvent.class, Jdi.next(jvm));
        assertEquals("bid", entered.method().name());
        ObjectReference keeper = entered.thread().frame(0).thisObject();
        long earlier = ((LongValue) keeper.getValue(keeper.referenceType().fieldByName("earlier"))).value();
        assertTrue(earlier == 21 || earlier == 22, () -> "the first bid of round 2 is " + earlier);
        List<String> options = Procs.commandLine(awaitChild(debugged.pid()));
        assertTrue(options.containsAll(List.of("-ea", "-Xmx48m", "-XX:+UseParallelGC")), options::toString);
        entry.disable();
        jvm.dispose();
        debugged.ends(0);
        assertEquals("EQUAL", debugged.out().getLast(), debugged::describe);
        replay("--debug", "--break-at", "9999").refuses(2, "--break-at 9999 is behind the end: .* has \\d+ steps");
        replay("--break-at", "7").refuses(2, "--break-at is for a debugger: add --debug");
        replay("--debug", "--timeout", "7").refuses(2, "--timeout is not for --debug");
    }

    private void aMendedModuleIsDifferentWhereTheBugWas() throws Exception {
        Path jar = keeper(Keeper.Mended.class);
        MkProcess mended = replay().ends(1);
        assertEquals("DIFFERENT", mended.out().getLast(), mended::describe);
        assertEquals(List.of("note: module " + jar + " is not the file that was recorded: it has been changed since"),
            mended.out("^note"), mended::describe);
        assertEquals(1, mended.out("^step 3, CPU 3: \\[ *\\d+\\.\\d{6}\\] callback of message 2\\.3\\.1\\.1 "
            + "\\(type 0x100\\(auction\\.bid\\), 16 bytes\\) \"bid \\d+ in \\\\\"round\\\\\" 0\"$").size(),
            mended::describe);
        String send = "send to instance 1, type 0x102\\(auction.sold\\), 24 bytes: 00 00 00 00 00 00 00 00 ";
        String says = " \"round 0\\\\\\\\x1b\\[2J: ";
        assertEquals(1, mended.out("^  then  " + send + "01 00 .* \\(from byte 8 on\\) = 0" + says + "1\"$").size(),
            mended::describe);
        assertEquals(1, mended.out("^  now   " + send + "02 00 .* \\(from byte 8 on\\)" + says + "2\"$").size(),
            mended::describe);
        JsonNode json = new ObjectMapper().readTree(
            replay("--json").ends(1).out().getFirst());
        assertEquals("different", json.path("verdict").asText(), json::toString);
        assertEquals(3, json.path("step").path("number").asInt(), json::toString);
        assertTrue(json.path("then").asText().startsWith("send to instance 1"), json::toString);
        assertEquals("round 0\\x1b[2J: 1", json.path("thenDecoded").asText(), json::toString);
        assertEquals(1, json.path("notes").size(), json::toString);
    }

    private void aModuleThatHangsIsEnded() throws Exception {
        keeper(Keeper.Stuck.class);
        MkProcess hung = replay("--timeout", "1.5").ends(1);
        assertEquals("HUNG", hung.out().getLast(), hung::describe);
        assertEquals(1, hung.out("^  now   it has not ended within 1500 ms; it is at .*Keeper.Stuck.winner\\(").size(),
            hung::describe);
        MkProcess killed = replay("--timeout", "600");
        long child = awaitChild(killed.pid());
        Path script = Path.of(Procs.commandLine(child).reversed().get(1));
        assertTrue(Files.exists(script), killed::describe);
        killed.kill();
        Procs.awaitEnd(child, 60);
        assertFalse(Files.exists(script.getParent()), "the script of a replay that was killed");
        MkProcess interrupted = replay("--timeout", "600");
        child = awaitChild(interrupted.pid());
        script = Path.of(Procs.commandLine(child).reversed().get(1));
        interrupted.signal("INT");
        interrupted.ends(130);
        Procs.awaitEnd(child, 60);
        assertFalse(Files.exists(script.getParent()), "the script of a replay that was interrupted");
    }

    /** The process of a replay, once it has been started. */
    private static long awaitChild(long parent) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() - deadline < 0) {
            for (ProcessHandle child : ProcessHandle.of(parent).orElseThrow().children().toList()) {
                if (Procs.commandLine(child.pid()).contains("io.mkemu.replay.ReplayMain")) {
                    return child.pid();
                }
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no replay was started");
    }

    private void aModuleThatEndsItsProcess() throws Exception {
        keeper(Keeper.Exits.class);
        MkProcess ended = replay().ends(1);
        assertEquals("ENDED", ended.out().getLast(), ended::describe);
        assertEquals(1, ended.out("^  now   the module ends its process$").size(), ended::describe);
    }

    private void whatCannotBeReplayedIsRefused() throws Exception {
        Files.delete(mk.work().resolve("keeper.jar"));
        MkProcess missing = replay("--json").ends(6);
        assertEquals(List.of(), missing.out(), missing::describe);
        assertTrue(missing.err().getFirst().contains("keeper.jar does not exist"), missing::describe);
        mk.start("replay", journal(), "--instance", "nobody").refuses(7, "no instance \"nobody\" .*high, low, keeper");
        mk.start("replay", journal(), "--instance", "keeper", "--life", 9).refuses(7, "no life 9");
        mk.start("replay", journal(), "--instance", "host").refuses(7, "ran no module");
        mk.start("replay", mk.work(), "--instance", "host").refuses(4, "no journal");
        mk.start("replay", mk.work().resolve("none"), "--instance", "host").refuses(4, "no directory");
        mk.start("replay", journal()).refuses(2, "--instance");
    }

    @Test
    void aLifeThatWasKilledIsReplayedToItsLastWholeStep() throws Exception {
        record(Keeper.Killed.class, "all").ends(1);
        MkProcess killed = replay().ends(0);
        assertEquals("EQUAL", killed.out().getLast(), killed::describe);
        assertEquals(1, killed.out("^note: the recording of CPU 3 ends within the callback of message \\d\\.3\\.1\\.3,"
            + " which is not replayed; the instance failed: killed by signal 9 \\(SIGKILL\\)$").size(),
            killed::describe);
        JsonNode json = mk.json("replay", journal(), "--instance", "keeper");
        assertEquals(5, json.path("callbacks").asInt(), json::toString);
    }

    @Test
    void lessThanEverythingIsRefused() throws Exception {
        record(Keeper.class, "ipi").ends(0);
        replay().refuses(7, "keeper \\(instance 3\\), life 1 cannot be replayed: it was recorded with trace=ipi");
    }

    @Test
    void allKernelsOfADemo() throws Exception {
        mk.start("demo", "--instances", 2, "--messages", 300, "--journal", journal(), "--trace", "all", "--json")
            .ends(0);
        for (String kernel : List.of("host", "web-server", "database")) {
            MkProcess again = mk.start("replay", journal(), "--instance", kernel).ends(0);
            assertEquals("EQUAL", again.out().getLast(), again::describe);
            assertEquals(List.of(), again.out("^note"), again::describe);
        }
    }
}
