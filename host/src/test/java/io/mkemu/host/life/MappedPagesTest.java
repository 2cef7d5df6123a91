// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.host.Host;
import io.mkemu.machine.MachineDirectory;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.Region;
import io.mkemu.memory.Window;
import io.mkemu.plan.MachinePlan;
import io.mkemu.tree.MachineSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of pages that another instance has mapped: by lives that are begun and ended, not by kernels. */
@Timeout(300)
class MappedPagesTest {
    private static final int PAGE = Pages.PAGE_SIZE;
    private static final int WEB = 1;
    private static final int DATABASE = 2;

    @TempDir
    private Path directory;
    private Host host;
    private MappedMachine mapped;
    private PageTable pages;
    private HostedInstance web;
    private HostedInstance database;

    @BeforeEach
    void makeMachine() throws IOException {
        host = Host.init(new MachineDirectory(directory.resolve("pages")), MachinePlan.of(MachineSpec.parse("t.dts", """
            /dts-v1/;
            / { compatible = "multikernel-v1"; mkemu,ipi-slots = <2>;
              resources { cpus = <0 1 2>; memory-bytes = <0x100000>; };
              instances {
                web { id = <1>; resources { cpus = <1>; memory-bytes = <0x40000>; }; };
                database { id = <2>; resources { cpus = <2>; memory-bytes = <0x40000>; }; };
              };
            };
            """, Path.of("/"))));
        mapped = host.machine().mapped();
        pages = mapped.memory().pageTable();
        web = host.instances().getFirst();
        database = host.instances().getLast();
        begin(web);
        begin(database);
    }

    @AfterEach
    void close() throws IOException {
        host.close();
    }

    private void begin(HostedInstance instance) {
        instance.begin(new ExternalProcess(host.machine(), instance.spec(), Joining.byCommand(), (life, how) -> { }));
    }

    private InstancePool pool() {
        return mapped.poolOf(web.entry());
    }

    /** A page of web that it shared with the database, which mapped it. */
    private long mapped() {
        try (InstancePool pool = pool()) {
            long page = pool.alloc(PAGE, PAGE);
            assertNotEquals(0, page);
            pages.grant(Pages.pfn(page), DATABASE);
            pages.noteMapped(Pages.pfn(page), DATABASE);
            return page;
        }
    }

    private boolean isAllocated(long page) {
        try (InstancePool pool = pool()) {
            return pool.isAllocated(page, PAGE);
        }
    }

    private String refusal(Runnable verb) {
        MachineException refused = assertThrows(MachineException.class, verb::run);
        assertEquals(ExitCode.STATE, refused.exitCode());
        return refused.getMessage();
    }

    @Test
    void theNextLifeGetsOtherPagesUntilTheyAreUnmapped() {
        long page = mapped();
        long page2 = mapped();
        web.end(false, "killed");
        assertFalse(pages.isGranted(Pages.pfn(page), DATABASE));
        assertEquals(List.of(DATABASE), pages.mappers(Pages.pfn(page)));
        begin(web);
        assertTrue(isAllocated(page) && isAllocated(page2));
        assertTrue(web.look(), "there is something to wait for");
        pages.noteUnmapped(Pages.pfn(page), DATABASE);
        assertTrue(web.look());
        assertFalse(isAllocated(page), "free while the new life runs");
        assertTrue(isAllocated(page2));
        database.end(false, "killed");
        assertFalse(web.look(), "the dead map nothing");
        assertFalse(isAllocated(page2));
    }

    @Test
    void theDeadMapNothing() {
        long page = mapped();
        pages.grant(Pages.pfn(page), WEB);
        pages.noteMapped(Pages.pfn(page), WEB);
        web.end(false, "killed");
        assertEquals(List.of(DATABASE), pages.mappers(Pages.pfn(page)));
        database.end(true, "");
        assertEquals(List.of(), pages.mappers(Pages.pfn(page)));
        begin(web);
        assertFalse(isAllocated(page) || web.look());
    }

    @Test
    void memoryThatIsMappedIsNotGivenAway() {
        long page = mapped();
        web.end(false, "killed");
        String where = "page 0x" + Long.toHexString(page) + " of instance web is still mapped by instance database: "
            + "have it unmap the page, or mk kill it";
        List<Region> regions = web.entry().regions();
        assertEquals(where, refusal(() -> host.delete(List.of("web"), false)));
        assertEquals(where, refusal(() -> host.update("web", null, 0x50000, false)));
        assertEquals(regions, web.entry().regions());
        assertEquals(InstanceState.FAILED, web.state());
        pages.noteMapped(Pages.pfn(page) + 1, DATABASE);
        mapped.instances().entry(DATABASE).name("two\nlines");
        assertEquals(where.replace(" of instance web", " of instance web (and 1 more)").replace("database", "2"),
            refusal(() -> host.delete(List.of("web"), false)));
        database.end(false, "killed");
        pages.noteMapped(Pages.pfn(page), 0);
        assertEquals(where.replace("database", "host"), refusal(() -> host.delete(List.of("web"), false)));
        pages.noteUnmapped(Pages.pfn(page), 0);
        host.update("web", null, 0x50000, false);
        host.unload(List.of("web"));
        host.delete(List.of("web"), false);
        assertNull(mapped.instances().find(WEB));
    }

    @Test
    void aPoolThatIsDamagedAndMappedIsNotMadeAnew() {
        long page = mapped();
        web.end(false, "killed");
        try (Window bitmap = mapped.memory().map(web.entry().regions().getFirst().address(), PAGE)) {
            bitmap.buffer().setMemory(0, 64, (byte) 0x5a);
        }
        String told = assertThrows(MachineException.class, () -> begin(web)).getMessage();
        assertTrue(told.contains("is damaged") && told.contains("others still use memory of it"), told);
        pages.noteUnmapped(Pages.pfn(page), DATABASE);
        begin(web);
        assertFalse(isAllocated(page));
    }
}
