// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import static io.mkemu.host.TestHost.kernel;
import static io.mkemu.host.TestHost.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.abi.InstanceState;
import io.mkemu.host.life.BoxedHost;
import io.mkemu.table.InstanceEntry;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.RestartPolicy;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the verbs do that need no kernel. */
class HostTest extends BoxedHost {
    @Test
    void initMakesWhatTheTreeSaysAndLoadsIt() {
        MachineStatus status = host.status();
        assertEquals(List.of("host", "web", "db"), status.instances().stream().map(InstanceStatus::name).toList());
        assertEquals(List.of("web", "db"), host.names());
        assertEquals(List.of(4, 5, 6, 7), status.freeCpus());
        assertEquals(TestHost.POOL, status.memoryBytes());
        assertEquals(TestHost.POOL - 3 * MIB, status.freeBytes());
        InstanceStatus web = status.instances().get(1);
        assertEquals(List.of(1, InstanceState.LOADED, List.of(1, 2), MIB, 0L, 0L), List.of(web.id(), web.state(),
            web.cpus(), web.memoryBytes(), web.life(), web.pid()));
        assertEquals(List.of("echo"), web.modules());
        assertEquals("idle=halt echo.type=7", web.cmdline());
        assertEquals(InstanceState.LOADED, box.entry(1).state());
        assertArrayEquals(new int[] {1, 2}, box.entry(1).cpus());
        assertEquals(List.of(0, 1, 1, 2, -1, -1, -1, -1), box.owners());
        assertTrue(Snapshot.iomem(box.mapped()).contains("mk-instance-1-web-region-0"));
    }

    @Test
    void createReservesAndDeleteGivesBack() {
        Snapshot before = Snapshot.of(host);
        InstanceSpec made = box.create(spec(0, "cache", 2 * MIB, 6, 4), false);
        assertEquals(3, made.id(), "the lowest free id");
        InstanceStatus cache = box.status("cache");
        assertEquals(List.of(InstanceState.READY, "", "", 2 * MIB), List.of(cache.state(), cache.cmdline(),
            cache.detail(), cache.memoryBytes()));
        assertEquals(List.of(4, 6), cache.cpus());
        assertEquals(2, cache.hostCpus().size());
        assertEquals(List.of(5, 7), host.status().freeCpus());
        assertEquals(TestHost.POOL - 5 * MIB, box.free());
        assertEquals(List.of(0, 1, 1, 2, 3, -1, 3, -1), box.owners());
        InstanceEntry entry = box.entry(3);
        assertEquals(InstanceState.READY, entry.state());
        assertTrue(Snapshot.iomem(box.mapped()).contains("mk-instance-3-cache-region-0"));
        assertTrue(entry.ipiArea() > entry.regions().getFirst().address());
        host.delete(List.of("cache"), false);
        box.assertUnchanged(before);
    }

    @Test
    void whatACreateNamesToRunIsNotLoaded() {
        box.create(new InstanceSpec(9, "cache", List.of(4), MIB, "idle=poll", List.of("echo")), false);
        assertEquals(InstanceState.READY, box.status("cache").state());
        assertEquals(List.of(), box.status("cache").modules());
        assertEquals("", box.entry(9).cmdline());
    }

    @Test
    void loadNamesWhatRunsAndUnloadTakesItAway() {
        box.create(spec(0, "cache", MIB, 4), false);
        RestartPolicy restart = new RestartPolicy(true, 3, 50);
        box.load(kernel("cache", "idle=poll", restart, "echo"));
        InstanceStatus cache = box.status("cache");
        assertEquals(List.of(InstanceState.LOADED, "idle=poll", List.of("echo"), restart, false),
            List.of(cache.state(), cache.cmdline(), cache.modules(), cache.restart(), cache.external()));
        assertEquals(InstanceState.LOADED, box.entry(3).state());
        host.unload(List.of("cache"));
        cache = box.status("cache");
        assertEquals(List.of(InstanceState.READY, "", List.of(), RestartPolicy.NEVER),
            List.of(cache.state(), cache.cmdline(), cache.modules(), cache.restart()));
    }

    @Test
    void resourcesStayWhileWhatRunsComesAndGoes() {
        String map = Snapshot.iomem(box.mapped());
        host.unload(List.of("web"));
        box.load(kernel("web", "idle=poll", "echo"));
        host.unload(List.of("web"));
        assertEquals(map, Snapshot.iomem(box.mapped()));
        assertEquals(List.of(0, 1, 1, 2, -1, -1, -1, -1), box.owners());
    }

    @Test
    void cpusArePickedFromTheLowest() {
        box.create(spec(0, "cache", MIB, 5), false);
        assertEquals(List.of(4, 6), host.create(spec(0, "two", MIB), 2, true).cpus());
        assertEquals(List.of(4, 6, 7), host.create(spec(0, "three", MIB, 1), 3, true).cpus(), "not those it names");
        box.refuses(ExitCode.RESOURCES, "4 CPUs are wanted, free are 4 6 7: ask for fewer, delete an instance, or make "
            + "the machine with more", () -> host.create(spec(0, "four", MIB), 4, false));
        assertEquals(List.of(4, 6), host.create(spec(0, "two", MIB), 2, false).cpus());
        assertEquals(List.of(7), host.status().freeCpus());
    }

    @Test
    void anIdIsUsedAgainAndItsLivesGoOn() throws Exception {
        for (int life = 1; life <= 3; life++) {
            box.start(List.of("web"), line -> { });
            host.kill(List.of("web"), true, 20_000);
            assertEquals(life, box.entry(1).life());
        }
        String cmdline = box.entry(1).cmdline();
        assertTrue(cmdline.endsWith(" mk_life=3"), cmdline);
        host.unload(List.of("web"));
        host.delete(List.of("web"), false);
        assertEquals(InstanceState.EMPTY, box.entry(1).state());
        InstanceSpec other = box.create(spec(0, "other", MIB, 7), false);
        assertEquals(1, other.id());
        assertEquals(List.of("other", "db"), host.names());
        assertEquals(3, box.status("other").life(), "nobody takes the next life for the former one's");
        box.load(kernel("other", ""));
        box.start(List.of("other"), line -> { });
        assertTrue(box.entry(1).cmdline().endsWith(" mk_life=4"));
        host.kill(List.of("other"), true, 20_000);
        assertEquals(4, box.status("other").life());
    }

    @Test
    void namesAreOfThePresent() {
        host.unload(List.of("web"));
        host.delete(List.of("web"), false);
        box.create(spec(7, "web", MIB, 4), false);
        assertEquals(7, box.status("web").id());
        assertEquals(List.of("db", "web"), host.names(), "by id");
    }

    @Test
    void nothingIsMadeOrBegunWhileTheMachineEnds() throws Exception {
        host.unload(List.of("db"));
        assertEquals(List.of(), host.shutDown(0));
        String ends = "machine \"box\" is being shut down";
        box.refuses(ExitCode.MACHINE, ends, () -> box.create(spec(0, "cache", MIB, 4), false));
        box.refuses(ExitCode.MACHINE, ends, () -> box.start(List.of("web"), line -> { }));
        assertEquals(List.of("web", "db"), host.names(), "to be looked at still");
    }

    @Test
    void askingForTheEndIsSeen() throws Exception {
        int before = box.memory().event();
        assertEquals(1, host.endAsked().getCount());
        host.askEnd();
        host.askEnd();
        host.endAsked().await();
        assertNotEquals(before, box.memory().event(), "who sleeps for events looks");
    }

    @Test
    void aMachineTakesAllInstancesThereCanBe() throws Exception {
        try (TestHost large = TestHost.make("""
            /dts-v1/;
            / { compatible = "multikernel-v1"; mkemu,ipi-slots = <2>;
              resources { cpus = <%s>; memory-bytes = <0x4000000>; };
            };
            """.formatted(String.join(" ", IntStream.range(0, 257).mapToObj(String::valueOf).toList())))) {
            for (int id = 1; id <= 255; id++) {
                assertEquals(id, large.create(spec(0, "n" + id, 256 << 10, id), false).id());
                large.load(kernel("n" + id, "idle=halt", "echo"));
            }
            large.refuses(ExitCode.RESOURCES, "all instance ids 1..255 are in use: mk delete an instance",
                () -> large.create(spec(0, "one-more", 256 << 10, 256), false));
            assertEquals(List.of(256), large.host().status().freeCpus());
            assertEquals((64 << 20) - 255 * (256 << 10), large.free());
            for (int id = 1; id <= 255; id += 2) {
                large.host().unload(List.of("n" + id));
                large.host().delete(List.of("n" + id), false);
            }
            assertEquals(1, large.create(spec(0, "again", 256 << 10, 255), false).id());
            assertEquals(128, large.host().names().size());
            assertEquals((64 << 20) - 128 * (256 << 10), large.free());
        }
    }
}
