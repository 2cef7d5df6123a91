// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceDescriptor;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.InstanceStatus;
import io.mkemu.host.life.Boots;
import io.mkemu.host.life.Joining;
import io.mkemu.system.modules.Awkward;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** kill and kill -f, of kernels that do their best not to end, children of the host and others. */
@Timeout(600)
class HaltIT {
    private static final long SHORT_MILLIS = 300;

    @RegisterExtension
    final Mk mk = new Mk();

    private LiveHost host;

    private List<String> kill(boolean force, String... names) throws InterruptedException {
        return host.host().kill(List.of(names), force, LiveHost.BOOT_MILLIS);
    }

    private void refused(ExitCode code, String pattern, ThrowingCall call) {
        MachineException refused = assertThrows(MachineException.class, call::run);
        assertTrue(Pattern.compile(pattern).matcher(refused.getMessage()).find(), refused::getMessage);
        assertEquals(code, refused.exitCode(), refused::getMessage);
    }

    /** What a verb does. */
    private interface ThrowingCall {
        void run() throws Exception;
    }

    /** Nothing runs, nothing has failed, and the request is withdrawn. */
    private void assertLoaded(String name, long life) {
        InstanceStatus status = host.status(name);
        assertEquals(InstanceState.LOADED, status.state(), host::describe);
        assertEquals("", status.reason(), host::describe);
        assertEquals("", status.detail(), host::describe);
        assertEquals(0, status.pid(), host::describe);
        assertEquals(life, status.life(), host::describe);
        assertEquals(InstanceDescriptor.REQUEST_NONE, requested(name));
    }

    private int requested(String name) {
        return host.mapped().instances().entry(host.status(name).id()).requested();
    }

    @Test
    void killLetsTheModulesExitAndForcesThemWhenTheTimeIsOver() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Awkward.class);
        TreeSource tree = new TreeSource().instance("good", jar)
            .bootargs("idle=halt awkward.in=exit").instance("bad", jar);
        try (LiveHost made = LiveHost.boot(mk, tree, "exit")) {
            host = made;
            host.exec("good", "bad");
            assertEquals(List.of(), kill(false, "good"));
            assertLoaded("good", 1);
            assertEquals(List.of("awkward: exits"), host.log("good", "exits"));
            assertEquals(List.of(), host.log("good", "halted by force"));
            assertEquals(List.of("bad: did not shut down within 300 ms, forced"),
                host.host().kill(List.of("bad"), false, SHORT_MILLIS));
            assertLoaded("bad", 1);
            assertEquals(List.of(), host.log("bad", "awkward: exits"));
            refused(ExitCode.STATE, "good is loaded: no kernel runs", () -> kill(false, "good"));
            forceGoesBeforeAKillThatWaits();

            host.exec("good", "bad");
            assertEquals(List.of(2L, 3L), List.of(host.status("good").life(), host.status("bad").life()));
            assertEquals(List.of(), kill(true, "good", "bad"));
            assertLoaded("good", 2);
            assertLoaded("bad", 3);
            assertEquals(1, host.log("good", "exits").size(), "no module is asked by a force halt");
            assertEquals(List.of("mkemu: halted by force"), host.log("good", "halted by force"));
            assertEquals(3, host.log("bad", "^mkemu: halted by force").size(), () -> host.log("bad").toString());
        }
    }

    /** One client waits for the modules, another one does not want to. */
    private void forceGoesBeforeAKillThatWaits() throws Exception {
        host.exec("bad");
        CompletableFuture<List<String>> patient = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                patient.complete(kill(false, "bad"));
            } catch (InterruptedException | RuntimeException refused) {
                patient.completeExceptionally(refused);
            }
        });
        host.awaitLog("bad", 2, "hangs in exit");
        assertEquals("shutting down", host.status("bad").detail());
        assertEquals(List.of(), kill(true, "bad"));
        assertEquals(List.of(), patient.get());
        assertLoaded("bad", 2);
    }

    @Test
    void forceEndsWhatHangsIsStoppedBootsOrIsFlooded() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Awkward.class);
        TreeSource tree = new TreeSource().instance("stopped", jar);
        for (String in : List.of("init", "callback", "flood")) {
            tree.bootargs("idle=halt awkward.in=" + in).instance(in, jar);
        }
        String[] names = {"stopped", "init", "callback", "flood"};
        try (LiveHost made = LiveHost.boot(mk, tree, "force")) {
            host = made;
            for (int life = 1; life <= 2; life++) {
                host.start(names);
                awaitAwkward(life);
                long pid = host.awaitState("stopped", InstanceState.ACTIVE).pid();
                Procs.signal("STOP", pid);
                Procs.awaitStopped(pid);
                refused(ExitCode.STATE, "init is loaded \\(booting\\): mk kill needs an active one",
                    () -> kill(false, "init"));
                assertEquals(List.of(), kill(true, names));
                for (int again = 0; again < 2; again++) {
                    for (String name : names) {
                        assertLoaded(name, life);
                    }
                    assertEquals(List.of(), kill(true, names), "a force halt can be repeated");
                }
                assertEquals(List.of(), List.copyOf(Procs.instances(host.directory()).values()));
            }
            assertEquals(List.of(), host.shutDown());
        }
    }

    private void awaitAwkward(int life) {
        host.awaitLog("init", life, "hangs in init");
        host.awaitLog("callback", life, "hangs in callback");
        host.awaitLog("flood", life, "is flooded");
    }

    @Test
    void anExternalInstanceIsKilledAsAnyOther() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        try (LiveHost made = LiveHost.boot(mk, new TreeSource().instance("guest", jar), "guest")) {
            host = made;
            MkProcess process = host.join(mk, "guest");
            InstanceStatus status = host.status("guest");
            assertEquals(process.pid(), status.pid());
            assertTrue(status.external());
            assertEquals(List.of(), kill(false, "guest"));
            process.ends(0);
            assertLoaded("guest", 1);
            assertEquals(List.of("Quiet: quiet: exit"), host.log("guest", "exit"));

            MkProcess killed = host.join(mk, "guest");
            killed.kill();
            assertEquals("its process ended without a word (killed?): its life lock is free",
                host.awaitState("guest", InstanceState.FAILED).reason());
            assertEquals(2, host.status("guest").life());
            host.exec("guest");
            assertEquals(3, host.status("guest").life());
            assertEquals(List.of(), host.shutDown());
        }
    }

    @Test
    void theMarkerEndsAnExternalInstanceWhateverItIsDoing() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Awkward.class);
        TreeSource tree = new TreeSource();
        List<String> names = List.of("init", "callback", "flood");
        for (String in : names) {
            tree.bootargs("idle=halt awkward.in=" + in).instance(in, jar);
        }
        try (LiveHost made = LiveHost.boot(mk, tree, "marker")) {
            host = made;
            List<MkProcess> processes = new ArrayList<>();
            for (String name : names) {
                List<String> said = new ArrayList<>();
                host.host().start(List.of(name), true, Joining.byCommand(), said::add);
                processes.add(LiveHost.join(mk, said));
            }
            awaitAwkward(1);
            assertEquals(List.of(), kill(true, names.toArray(String[]::new)));
            for (MkProcess process : processes) {
                process.ends(0);
            }
            for (String name : names) {
                assertLoaded(name, 1);
            }
            host.exec("flood");
            assertEquals(2, host.status("flood").life());
        }
    }

    @Test
    void aStoppedExternalInstanceKeepsTheMarkerUpUntilItRunsAgain() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        try (LiveHost made = LiveHost.boot(mk, new TreeSource().instance("guest", jar), "stopped")) {
            host = made;
            MkProcess process = host.join(mk, "guest");
            process.signal("STOP");
            Procs.awaitStopped(process.pid());
            for (int repeat = 0; repeat < 2; repeat++) {
                refused(ExitCode.FAILED, "the CPUs of guest \\(pid " + process.pid() + " as it says\\) are not "
                    + "confirmed parked: the halt marker stays up; end the process, or repeat mk kill -f$",
                    () -> host.host().kill(List.of("guest"), true, SHORT_MILLIS));
                assertEquals(InstanceState.LOADED, host.state("guest"));
                assertEquals("halting, its CPUs are not confirmed parked yet", host.status("guest").detail());
                assertEquals(InstanceDescriptor.REQUEST_HALT, requested("guest"));
            }
            refused(ExitCode.STATE, "guest is loaded \\(halting\\): its former life has not ended: repeat mk kill -f",
                () -> host.exec("guest"));
            refused(ExitCode.STATE, "guest is loaded \\(halting\\): cannot unload it",
                () -> host.host().unload(List.of("guest")));
            refused(ExitCode.STATE, "guest is loaded \\(halting\\): cannot delete it",
                () -> host.host().delete(List.of("guest"), false));
            process.signal("CONT");
            assertEquals(List.of(), kill(true, "guest"));
            process.ends(0);
            assertLoaded("guest", 1);
            host.exec("guest");
            assertEquals(2, host.status("guest").life());
            assertEquals(List.of(), host.shutDown());
        }
    }

    @Test
    void whoComesTooLateIsRefused() throws Exception {
        Path jar = ModuleJar.of(mk.work(), Quiet.class);
        try (LiveHost made = LiveHost.boot(mk, new TreeSource().instance("guest", jar), "late")) {
            host = made;
            List<String> first = new ArrayList<>();
            Boots begun = host.host().start(List.of("guest"), true, Joining.byCommand(), first::add);
            refused(ExitCode.FAILED, "guest was not joined within 300 ms, it is loaded again; repeat with a longer "
                + "--timeout$", () -> begun.await(SHORT_MILLIS));
            assertLoaded("guest", 1);
            String given = "instance 1: life 1 is over or was given up; execute it again";
            LiveHost.join(mk, first).refuses(4, given);
            assertLoaded("guest", 1);

            List<String> second = new ArrayList<>();
            host.host().start(List.of("guest"), true, Joining.byCommand(), second::add);
            LiveHost.join(mk, first).refuses(4, given);
            MkProcess process = LiveHost.join(mk, second);
            assertEquals(process.pid(), host.awaitState("guest", InstanceState.ACTIVE).pid());
            assertEquals("", host.status("guest").reason());
            LiveHost.join(mk, second).refuses(4, "instance 1 of machine late runs already");
            assertEquals(List.of(), kill(false, "guest"));
            process.ends(0);
            assertEquals(List.of(), host.shutDown());
        }
    }

    @Test
    void aKernelInCIsKilledAsAnyOther() throws Exception {
        Path binary = CPeer.compile(mk);
        TreeSource tree = new TreeSource().host("peer").bootargs("c-peer.messages=1000000000").instance("c");
        try (LiveHost made = LiveHost.boot(mk, tree, "c")) {
            host = made;
            MkProcess asked = joinC(binary);
            assertEquals(List.of(), kill(false, "c"));
            asked.ends(0);
            assertLoaded("c", 1);

            MkProcess stopped = joinC(binary);
            stopped.signal("STOP");
            Procs.awaitStopped(stopped.pid());
            refused(ExitCode.FAILED, "the CPUs of c .* are not confirmed parked",
                () -> host.host().kill(List.of("c"), true, SHORT_MILLIS));
            stopped.signal("CONT");
            assertEquals(List.of(), kill(true, "c"));
            stopped.ends(0);
            assertLoaded("c", 2);

            MkProcess forced = joinC(binary);
            assertEquals(List.of(), kill(true, "c"));
            forced.ends(0);
            assertLoaded("c", 3);
            assertEquals(List.of(), host.shutDown());
        }
    }

    private MkProcess joinC(Path binary) throws Exception {
        String words = "waits to be joined: PROGRAM ";
        List<String> said = new ArrayList<>();
        host.host().start(List.of("c"), true, Joining.byCommand(), said::add);
        String arguments = said.stream().filter(line -> line.contains(words)).findFirst().orElseThrow();
        MkProcess process = mk.launch(List.of("sh", "-c",
            "exec " + binary + " " + arguments.substring(arguments.indexOf(words) + words.length())), mk.work());
        assertEquals(process.pid(), host.awaitState("c", InstanceState.ACTIVE).pid());
        return process;
    }
}
