// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static io.mkemu.host.TestHost.PAGE;
import static io.mkemu.host.TestHost.kernel;
import static io.mkemu.host.TestHost.spec;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.builtin.BuiltinModules;
import io.mkemu.host.life.BoxedHost;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.Places;
import io.mkemu.tree.RestartPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be had, said in one line with the exit code that is documented; nothing is changed by it. */
class HostRefusalTest extends BoxedHost {
    @Test
    void aNameThatIsUnknownIsToldThoseThereAre() {
        String unknown = "there is no instance \"cache\": the machine has web, db";
        box.refuses(ExitCode.STATE, unknown, () -> host.update("cache", null, MIB, false));
        box.refuses(ExitCode.STATE, unknown, () -> host.update("cache", null, MIB, true));
        box.refuses(ExitCode.STATE, unknown, () -> box.load(kernel("cache", "")));
        box.refuses(ExitCode.STATE, unknown, () -> host.unload(List.of("cache")));
        box.refuses(ExitCode.STATE, unknown, () -> host.delete(List.of("cache"), false));
        box.refuses(ExitCode.STATE, unknown, () -> host.delete(List.of("cache"), true));
        box.refuses(ExitCode.STATE, unknown, () -> box.start(List.of("web", "cache"), line -> { }));
        box.refuses(ExitCode.STATE, unknown, () -> box.exec(List.of("cache"), 0, line -> { }));
        box.refuses(ExitCode.STATE, unknown, () -> host.kill(List.of("web", "cache"), true, 0));
    }

    @Test
    void aMachineWithoutInstancesSaysSo() throws Exception {
        try (TestHost empty = TestHost.empty()) {
            empty.refuses(ExitCode.STATE, "there is no instance \"web\": the machine has none, mk create makes one",
                () -> empty.host().unload(List.of("web")));
        }
    }

    @Test
    void theHostIsNoInstance() {
        String host0 = "the host kernel lives and ends with its machine: mk shutdown ends both";
        box.refuses(ExitCode.STATE, host0, () -> host.kill(List.of("host"), true, 0));
        box.refuses(ExitCode.STATE, host0, () -> host.update("host", List.of(4), 0, false));
        box.refuses(ExitCode.STATE, host0, () -> box.load(kernel("host", "")));
        box.refuses(ExitCode.STATE, host0, () -> host.delete(List.of("host"), false));
        box.refuses(ExitCode.USAGE, "instance name \"host\" is the host kernel's own: expected another name",
            () -> box.create(spec(0, "host", MIB, 4), false));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsTakenIsNotGivenTwice(boolean dryRun) {
        box.refuses(ExitCode.STATE,
            "instance web exists already and is loaded: mk update changes it, mk delete removes it",
            () -> box.create(spec(0, "web", MIB, 4), dryRun));
        box.refuses(ExitCode.STATE, "id 2 is that of instance db: the lowest free id is 3",
            () -> box.create(spec(2, "cache", MIB, 4), dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 2 is taken by instance web: free are 4 5 6 7",
            () -> box.create(spec(0, "cache", MIB, 4, 2), dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 0 is the host's own: free are 4 5 6 7",
            () -> box.create(spec(0, "cache", MIB, 0), dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 8 is not in the machine's pool 0 1 2 3 4 5 6 7: free are 4 5 6 7",
            () -> box.create(spec(0, "cache", MIB, 4, 8), dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU -1 is not in the machine's pool 0 1 2 3 4 5 6 7: free are 4 5 6 7",
            () -> box.create(spec(0, "cache", MIB, -1), dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 4 is listed twice: list each CPU once",
            () -> box.create(spec(0, "cache", MIB, 4, 5, 4), dryRun));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anUpdateIsHeldAgainstTheOthersAndNotAgainstItself(boolean dryRun) {
        box.refuses(ExitCode.RESOURCES, "CPU 3 is taken by instance db: free are 4 5 6 7",
            () -> host.update("web", List.of(1, 3), 0, dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 0 is the host's own: free are 4 5 6 7",
            () -> host.update("web", List.of(0), 2 * MIB, dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 1 is listed twice: list each CPU once",
            () -> host.update("web", List.of(1, 1), 0, dryRun));
        box.refuses(ExitCode.RESOURCES, "CPU 99 is not in the machine's pool 0 1 2 3 4 5 6 7: free are 4 5 6 7",
            () -> host.update("web", List.of(99), 0, dryRun));
        box.refuses(ExitCode.USAGE, "instance web has no CPU: name at least one, free are 4 5 6 7",
            () -> host.update("web", List.of(), 0, dryRun));
        box.refuses(ExitCode.USAGE,
            "memory of 4097 bytes of instance web is no positive multiple of 4096: round it up",
            () -> host.update("web", null, 4097, dryRun));
    }

    @Test
    void whenAllCpusAreTakenNoneIsOffered() {
        box.create(spec(0, "rest", MIB, 4, 5, 6, 7), false);
        box.refuses(ExitCode.RESOURCES, "CPU 1 is taken by instance web: free are none",
            () -> box.create(spec(0, "cache", MIB, 1), false));
        box.refuses(ExitCode.RESOURCES, "1 CPUs are wanted, free are none: ask for fewer, delete an instance, or make "
            + "the machine with more", () -> host.create(spec(0, "cache", MIB), 1, false));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void memoryThatIsNotThere(boolean dryRun) {
        for (long bytes : new long[] {5 * MIB + PAGE, 8 * MIB + PAGE, Long.MAX_VALUE & -PAGE}) {
            box.refuses(ExitCode.RESOURCES, "no " + bytes + " bytes in 8 pieces or fewer are left in the multikernel "
                + "pool for instance cache: give it less memory, or the machine more",
                () -> box.create(spec(0, "cache", bytes, 4), dryRun));
        }
        for (long none : new long[] {0, -PAGE, 1, PAGE - 1, MIB + 1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            box.refuses(ExitCode.USAGE, "memory of " + none
                    + " bytes of instance cache is no positive multiple of 4096: round it up",
                () -> box.create(spec(0, "cache", none, 4), dryRun));
        }
        box.refuses(ExitCode.CONFIG, "memory-bytes 16384 of instance cache cannot hold its IPI area (2 CPUs x 8 "
            + "lanes x 2 slots): give it at least 0x6000, or set mkemu,ipi-slots lower",
            () -> box.create(spec(0, "cache", 4 * PAGE, 4, 5), dryRun));
    }

    @Test
    void theLeastThatIsNamedIsEnough() {
        String message = assertThrows(MachineException.class,
            () -> box.create(spec(0, "cache", PAGE, 4, 5), false)).getMessage();
        long least = Long.decode(message.replaceFirst(".*at least (0x[0-9a-f]+).*", "$1"));
        box.create(spec(0, "cache", least, 4, 5), false);
        assertEquals(TestHost.POOL - 3 * MIB - least, box.free());
        assertThrows(MachineException.class, () -> box.create(spec(0, "other", least - PAGE, 6, 7), false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "a b", "\u00e4", "a@1"})
    void aNameThatIsNone(String name) {
        box.refuses(ExitCode.USAGE, "instance name '" + name + "' is not legal, expected letters, digits and , . _ + - "
            + "(no unit address)", () -> box.create(spec(0, name, MIB, 4), false));
    }

    @Test
    void aNameThatIsTooLongForTheInstanceTable() {
        String message = assertThrows(MachineException.class,
            () -> box.create(spec(0, "n".repeat(64), MIB, 4), false)).getMessage();
        assertTrue(message.endsWith("has 64 bytes, expected at most 63"), message);
        box.create(spec(0, "n".repeat(63), MIB, 4), false);
        assertEquals("n".repeat(63), box.entry(3).name());
    }

    @Test
    void anIdThatIsNone() {
        for (int id : new int[] {-1, 256, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            box.refuses(ExitCode.USAGE, "id " + id + " of instance cache is not in 1..255: the lowest free id is 3",
                () -> box.create(spec(id, "cache", MIB, 4), false));
        }
        box.refuses(ExitCode.USAGE, "instance cache has no CPU: name at least one, free are 4 5 6 7",
            () -> box.create(spec(0, "cache", MIB), false));
    }

    @Test
    void whatCannotRunIsNotLoaded() {
        host.unload(List.of("web"));
        box.refuses(ExitCode.CONFIG, "module \"nosuch\" is not a built-in module; the built-in ones are "
            + String.join(", ", BuiltinModules.names()) + "; a jar's name ends in .jar, a C module's in .so",
            () -> box.load(kernel("web", "", "echo", "nosuch")));
        box.refuses(ExitCode.CONFIG, "module \"/nosuch/x.jar\" does not exist; build it, or mend the path",
            () -> box.load(kernel("web", "", "/nosuch/x.jar")));
        box.refuses(ExitCode.CONFIG, "module \"/dev/\" is not a file; name the .jar or .so",
            () -> box.load(kernel("web", "", "/dev/")));
        for (String reserved : List.of("mk_ipi_shared", "mk_epoch", "mk_life", "mk_clock")) {
            box.refuses(ExitCode.CONFIG, reserved + "= is set by the host; take it out",
                () -> box.load(kernel("web", "idle=halt " + reserved + "=0x1000", "echo")));
        }
        String idle = assertThrows(MachineException.class, () -> box.load(kernel("web", "idle=fast"))).getMessage();
        assertTrue(idle.startsWith("idle=fast is not an idle policy"), idle);
        box.refuses(ExitCode.CONFIG, "bootargs are longer than 1983 bytes",
            () -> box.load(kernel("web", "x=" + "1".repeat(1982))));
        box.load(kernel("web", "x=" + "1".repeat(1981), RestartPolicy.ON_FAILURE, "echo"));
        assertEquals(1983, box.entry(1).cmdline().length());
    }

    @Test
    void whoIsStartedBySomebodyElseIsNotRestarted() {
        box.create(new InstanceSpec(0, "cache", List.of(4), MIB, "", List.of(), true, RestartPolicy.NEVER, List.of(),
            Places.NONE),
            false);
        box.refuses(ExitCode.CONFIG, "instance cache is external: somebody else starts its process, so mkemu cannot "
            + "restart it; load it without a restart policy",
            () -> box.load(kernel("cache", "", RestartPolicy.ON_FAILURE)));
        box.load(kernel("cache", ""));
    }

    @Test
    void ofSeveralNoneIsChangedIfOneIsRefused() {
        host.unload(List.of("web"));
        box.refuses(ExitCode.STATE, "instance web is ready: nothing is loaded: mk load names its modules, mk delete "
            + "removes it", () -> host.unload(List.of("db", "web")));
        String delete = "instance db is loaded: mk unload takes away what is loaded, then mk delete";
        box.refuses(ExitCode.STATE, delete, () -> host.delete(List.of("web", "db"), false));
        host.unload(List.of("db", "db"));
        host.delete(List.of("web", "db", "web"), false);
        assertEquals(List.of(), host.names());
        assertEquals(TestHost.POOL, box.free());
    }

    @Test
    void createIsHeldAgainstTheSame() {
        box.refuses(ExitCode.CONFIG, "mk_life= is set by the host; take it out", () -> box.create(
            new InstanceSpec(0, "cache", List.of(4), MIB, "mk_life=7", List.of()), false));
    }

    @Test
    void aStateRefusesWithTheVerbThatLeadsOn() {
        box.refuses(ExitCode.STATE,
            "instance web is loaded: mk exec boots it, mk unload takes away what is loaded",
            () -> box.load(kernel("web", "")));
        String delete = "instance web is loaded: mk unload takes away what is loaded, then mk delete";
        box.refuses(ExitCode.STATE, delete, () -> host.delete(List.of("web"), false));
        box.refuses(ExitCode.STATE, delete, () -> host.delete(List.of("web"), true));
        box.refuses(ExitCode.STATE, "instance web is loaded: no kernel runs: mk exec starts one, mk unload and mk "
            + "delete remove the instance", () -> host.kill(List.of("web"), false, 0));
        host.unload(List.of("web"));
        box.refuses(ExitCode.STATE,
            "instance web is ready: nothing is loaded: mk load names its modules, mk delete removes it",
            () -> host.unload(List.of("web")));
        String exec = "instance web is ready: nothing is loaded: mk load names its modules and boot parameters";
        box.refuses(ExitCode.STATE, exec, () -> box.start(List.of("web"), line -> { }));
        box.refuses(ExitCode.STATE, exec, () -> box.start(List.of("db", "web"), line -> { }));
        box.refuses(ExitCode.STATE, exec, () -> box.exec(List.of("web"), 0, line -> { }));
        String kill = "instance web is ready: no kernel runs: mk load and mk exec start one, mk delete removes the "
            + "instance";
        box.refuses(ExitCode.STATE, kill, () -> host.kill(List.of("web"), false, 0));
        box.refuses(ExitCode.STATE, kill, () -> host.kill(List.of("db", "web"), true, 0));
    }
}
