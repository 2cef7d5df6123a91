// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.mkemu.system.modules.OneShot;
import io.mkemu.system.modules.Quiet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users' systems do to mkemu: limits, locales, places, pipes; and what mk doctor says of them. */
class EnvironmentIT {
    private static final String SCRIPT = Mk.root().resolve("scripts/mk").toString();
    private static final String ENDLESS = "no module runs a task; Ctrl-C ends this run";

    @RegisterExtension
    final Mk mk = new Mk();

    /** A script for bash, in which "$MK" is scripts/mk and $1, $2, ... are arguments. */
    private MkProcess bash(String script, Object... args) throws Exception {
        return mk.launch(List.of("env", "MK=" + SCRIPT, "bash", "-c", script, "bash"), mk.work(), args);
    }

    @Test
    void theDoctorFindsThatAMachineCanRun() throws Exception {
        MkProcess doctor = mk.start("doctor").ends(0);
        assertEquals(1, doctor.out("^ok +jdk +\\d+").size(), doctor::describe);
        assertEquals(1, doctor.out("^ok +filesystem +tmpfs at ").size(), doctor::describe);
        assertEquals("a machine can run here", doctor.out().getLast());
        assertEquals(List.of(), doctor.err());
        JsonNode json = mk.json("doctor");
        assertTrue(json.get("ok").asBoolean(), json::toString);
        assertEquals(doctor.out().size() - 2, json.get("checks").size());
    }

    @Test
    void theDoctorNamesWhatIsInTheWay() throws Exception {
        MkProcess doctor = bash("ulimit -f 10240; exec \"$MK\" doctor").ends(5);
        assertEquals(1, doctor.out("^problem +fsize .*10 MiB.*ulimit -f unlimited").size(), doctor::describe);
        Files.createDirectory(mk.base(), PosixFilePermissions.asFileAttribute(
            PosixFilePermissions.fromString("rwxr-x---")));
        MkProcess open = mk.start("doctor").ends(5);
        assertEquals(1, open.out("^problem +directory .*is open to other users.*chmod 700").size(), open::describe);
        Files.delete(mk.base());
        mk.base(Files.createDirectories(mk.work().resolve("missing")).resolve("a/b"));
        assertEquals(1, mk.start("doctor").ends(5).out("^problem +directory .*/a does not exist; make it").size());
    }

    @Test
    void aLimitOfFileSizesIsNamedAndNotTheFileSystem() throws Exception {
        bash("ulimit -f 10240; exec \"$MK\" demo --json").refuses(5,
            "RAM needs \\d+ MiB and this process may write files of at most 10240 KiB: raise ulimit -f; .*mk doctor");
        assertEquals(List.of(), mk.files());
    }

    /** Digits of their own, and cases of letters. */
    @ParameterizedTest
    @CsvSource({"ar, EG, ''", "hi, IN, nu-deva", "th, TH, nu-thai", "tr, TR, ''"})
    void inEachLanguageAJournalIsNamedForMachines(String language, String country, String extensions) throws Exception {
        List<String> options = new ArrayList<>(List.of("-Duser.language=" + language, "-Duser.country=" + country));
        if (!extensions.isEmpty()) {
            options.add("-Duser.extensions=u-" + extensions);
        }
        List<String> command = List.of("env", "MKEMU_JAVA_OPTS=" + String.join("\n", options), SCRIPT);
        Path journal = mk.work().resolve("journal");
        MkProcess demo = mk.launch(command, mk.work(), "demo", "--instances", 1, "--messages", 10, "--json",
            "--journal", journal).ends(0);
        assertTrue(demo.out().getFirst().startsWith("{\"ok\":true,"), demo::describe);
        for (Path file : Trees.below(journal)) {
            assertTrue(journal.relativize(file).toString().chars().allMatch(letter -> letter < 128), file.toString());
        }
        MkProcess summary = mk.launch(command, mk.work(), "trace", "--summary", "--json", "--journal", journal).ends(0);
        assertTrue(summary.out().getFirst().chars().allMatch(letter -> letter < 128), summary::describe);
        assertEquals(summary.out(), mk.start("trace", "--summary", "--json", "--journal", journal).ends(0).out());
    }

    /** As cron and systemd start programs. The letters are bytes to bash, whatever this test's own locale is. */
    @ParameterizedTest
    @ValueSource(strings = {"export LC_ALL=C", "unset LC_ALL LANG LC_CTYPE", "export LC_ALL=POSIX"})
    void pathsOfAnyLettersSurviveAnyLocale(String locale) throws Exception {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        Path tree = new TreeSource().bootargs("idle=halt colour=gr\u00fcn").host(jar).instance("web", jar)
            .write(mk.work(), "plain");
        MkProcess run = bash("set -e; here=$(printf 'g\\303\\274n-\\316\\273'); mkdir \"$here\"; cp \"$2\" \"$here/\"; "
            + "sed \"s#$2#$here/${2##*/}#\" \"$1\" >\"$here.dts\"; sed -i \"s#$here/#./&#\" \"$here.dts\"; " + locale
            + "; MKEMU_DIR=$MKEMU_DIR-$here; mkdir -m 700 \"$MKEMU_DIR\"; export MKEMU_DIR; "
            + "\"$MK\" run \"$here.dts\" --machine m --journal \"$here/journal\"; \"$MK\" trace --journal "
            + "\"$here/journal\" >/dev/null; [ -d \"$here/journal\" ]; rmdir \"$MKEMU_DIR\"", tree, jar)
            .ends(0);
        assertEquals(2, run.out("one-shot: done").size(), run::describe);
        assertEquals(1, run.out("web: Command line: idle=halt colour=gr\u00fcn ").size(), run::describe);
        assertEquals(List.of(), run.err(), run::describe);
    }

    @Test
    void aPlaceThatNoClassPathCanNameIsRefused() throws Exception {
        Path place = Files.createDirectories(mk.work().toRealPath().resolve("a:b"));
        copyScripts(place);
        mk.launch(List.of(place.resolve("scripts/mk").toString()), mk.work(), "--version")
            .refuses(69, "a:b: a Java class path cannot hold a directory with ':' in its name: move mkemu");
    }

    @Test
    void theScriptsAreFoundByWayOfALinkToTheirDirectory() throws Exception {
        Path link = Files.createSymbolicLink(mk.work().resolve("tools"), Mk.root().resolve("scripts"));
        assertEquals(1, mk.launch(List.of(link.resolve("mk").toString()), mk.work(), "--version").ends(0)
            .out("^mkemu ").size());
        MkProcess named = mk.launch(List.of("bash", "mk"), link, "--version").ends(0);
        assertEquals(1, named.out("^mkemu ").size(), named::describe);
    }

    private static void copyScripts(Path to) throws Exception {
        for (Path file : Trees.below(Mk.root().resolve("scripts"))) {
            Path copy = to.resolve("scripts").resolve(Mk.root().resolve("scripts").relativize(file));
            Files.createDirectories(copy.getParent());
            if (Files.isRegularFile(file)) {
                Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    @Test
    void optionsMayHaveQuotesAndLineEnds() throws Exception {
        String options = "-Dmkemu.a='one two'\n-XX:+PrintCommandLineFlags\n\"-XX:NativeMemoryTracking=off\"";
        MkProcess version = mk.launch(List.of("env", "MKEMU_JAVA_OPTS=" + options,
            SCRIPT), mk.work(), "--version").ends(0);
        assertEquals(1, version.out("-XX:NativeMemoryTracking=off").size(), version::describe);
        MkProcess init = mk.launch(List.of("env", "MKEMU_JAVA_OPTS=-Dmkemu.a='one two'\n-Dmkemu.b=three",
            SCRIPT), mk.work(), "init", "--machine", "m", "--cpus", "0-1",
            "--memory", "8M", "--json").ends(0);
        long host = mk.json("show", "--machine", "m").get("machine").get("pid").asLong();
        assertTrue(Procs.commandLine(host).containsAll(List.of("-Dmkemu.a=one two", "-Dmkemu.b=three")),
            init::describe);
        mk.start("shutdown").ends(0);
        mk.launch(List.of("env", "MKEMU_JAVA_OPTS=-Da='b", SCRIPT), mk.work(),
            "--version").refuses(2, "MKEMU_JAVA_OPTS=-Da='b: a quote is not closed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "MKEMU_JAVA_OPTS"})
    void anotherCollectorIsRefusedByName(String variable) throws Exception {
        mk.launch(List.of("env", variable + "=-Xmx1g -XX:+UseG1GC", SCRIPT),
            mk.work(), "--version").refuses(2, variable + " has -XX:\\+UseG1GC, but .* env -u " + variable + " mk");
    }

    /** The reader goes after it has what it wants, and the machine says nothing more. */
    @Test
    void whoFollowsASilentMachineEndsWithItsReader() throws Exception {
        Path quiet = ModuleJar.of(mk.work(), Quiet.class);
        Path tree = new TreeSource().instance("web", quiet).write(mk.work(), "silent");
        MkProcess run = bash("\"$MK\" run \"$1\" | grep -m 1 '" + ENDLESS + "'; exit ${PIPESTATUS[0]}", tree);
        run.ends(141);
        assertEquals(1, run.out().size(), run::describe);
        assertFalse(Files.exists(mk.machine("silent")));

        mk.start("init", tree, "--journal", mk.work().resolve("journal")).ends(0);
        mk.start("exec", "web").ends(0);
        for (String follows : List.of("dmesg web -w", "console web", "trace -f")) {
            MkProcess head = bash("\"$MK\" " + follows + " | head -n 1; exit ${PIPESTATUS[0]}");
            head.ends(141);
            assertEquals(1, head.out().size(), head::describe);
        }
        mk.start("shutdown").ends(0);
    }

    @Test
    void aTreeMayComeFromAPipe() throws Exception {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        Path tree = new TreeSource().host(jar).instance("web", jar).write(mk.work(), "piped");
        for (String way : List.of("run - <\"$1\"", "run <(cat \"$1\")", "run /dev/stdin < <(cat \"$1\")")) {
            MkProcess run = bash("\"$MK\" " + way, tree).ends(0);
            assertEquals(2, run.out("one-shot: done").size(), run::describe);
        }
    }

    @Test
    void parametersThatNobodyTakesAreTold() throws Exception {
        Path jar = ModuleJar.of(mk.work(), OneShot.class);
        Path tree = new TreeSource().bootargs("idle=halt idlehaltpoll traffic.mesages=1").host(jar).write(mk.work(),
            "unknown");
        Files.writeString(tree, Files.readString(tree).replaceFirst("instances \\{\\s*\\};", ""));
        MkProcess run = mk.start("run", tree).ends(0);
        assertEquals(1, run.out("host: Unknown kernel command line parameters \"idlehaltpoll traffic.mesages=1\", "
            + "nobody takes them; did you mean idle\\?").size(), run::describe);
    }

    /** Under a real-time scheduler nothing else would run, not even what takes Ctrl-C. */
    @Test
    void realTimePollersOnAllHostCpusAreRefused() throws Exception {
        assumeTrue(Procs.run("chrt", "-f", "1", "true"), "no right to use a real-time scheduler");
        Path quiet = ModuleJar.of(mk.work(), Quiet.class);
        Path tree = new TreeSource().bootargs("idle=poll").instance("web", quiet).write(mk.work(), "poll");
        String cpu = Procs.firstAllowedCpu();
        MkProcess run = mk.startWith(List.of("chrt", "-f", "1", "taskset", "-c", cpu), "run", tree);
        run.refuses(5, "CPUs \\[0\\] poll \\(idle=poll\\) under SCHED_FIFO on all host CPUs that mkemu may use "
            + "\\(" + cpu + "\\).*idle=haltpoll");
        assertEquals(List.of(), mk.files());
    }
}
