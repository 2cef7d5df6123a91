// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mkemu.Errno;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.machine.MappedMachine;
import io.mkemu.memory.InstancePool;
import io.mkemu.memory.MultikernelPool;
import io.mkemu.memory.PageTable;
import io.mkemu.memory.RamFile;
import io.mkemu.memory.Window;
import io.mkemu.table.InstanceEntry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** mkemu_pages.h: a kernel in C says which pages it has mapped. The owner, instance 1 on CPU 1, is this JVM. */
@Timeout(300)
class CPagesIT {
    private static final String CC = Objects.requireNonNullElse(System.getenv("CC"), "cc");
    private static final int OWNER = 1;
    private static final int MAPPER = 2;

    @TempDir
    private Path directory;
    private MappedMachine mapped;
    private InstancePool pool;
    private Process mapper;
    private PrintWriter orders;

    @BeforeEach
    void makeMachine() throws IOException, InterruptedException {
        assumeTrue(Procs.run("sh", "-c", "command -v " + CC + " >/dev/null"), "THE C HEADERS ARE NOT TESTED: there is "
            + "no C compiler \"" + CC + "\"; install one (apt-get install gcc libc6-dev), or name it in CC");
        Path binary = directory.resolve("pages");
        assertTrue(Procs.run(CC, "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
            "-I" + Mk.root().resolve("common/src/main/c"), "-o", binary.toString(),
            Mk.root().resolve("system-tests/src/test/c/pages.c").toString(), "-pthread"), "it does not compile");
        Path ram = directory.resolve("ram");
        RamFile.create(ram, new RamLayout(4, 16, 1 << 20, 1 << 20), IpiMode.QUEUED, "c-pages");
        mapped = MappedMachine.open(ram);
        InstanceEntry owner = mapped.instances().entry(OWNER);
        try (MultikernelPool multikernel = MultikernelPool.format(mapped.memory())) {
            owner.regions(multikernel.createInstancePool(16L * Pages.PAGE_SIZE, Pages.PAGE_SHIFT));
        }
        pool = InstancePool.format(mapped.memory(), owner.regions());
        mapped.apic(OWNER).configure(-1, false, OWNER, OWNER);
        owner.newLife(InstanceState.READY);
        mapper = new ProcessBuilder(binary.toString(), ram.toString()).redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
        orders = new PrintWriter(mapper.outputWriter(), true);
    }

    @AfterEach
    void end() throws Exception {
        if (mapper != null) {
            mapper.destroyForcibly().waitFor();
            pool.close();
            mapped.close();
        }
    }

    private String order(String line) throws IOException {
        orders.println(line);
        return mapper.inputReader().readLine();
    }

    @Test
    void aKernelInCHoldsThePagesThatItHasMapped() throws Exception {
        PageTable table = mapped.memory().pageTable();
        long page = pool.alloc(Pages.PAGE_SIZE, Pages.PAGE_SIZE);
        long pfn = Pages.pfn(page);
        try (Window window = mapped.memory().map(page, Pages.PAGE_SIZE)) {
            window.buffer().putLong(0, 42);
        }
        String map = "map " + OWNER + " " + pfn;
        assertEquals("refused", order(map), "not shared");
        assertEquals(List.of(), table.mappers(pfn));
        table.grant(pfn, MAPPER);
        assertEquals("refused", order("map 0 " + pfn), "nobody's CPU");
        assertEquals("refused", order("map " + OWNER + " " + (pfn + (1 << 20))));
        assertEquals(List.of(), table.mappers(pfn));
        assertEquals("window 0", order(map));
        assertEquals(List.of(MAPPER), table.mappers(pfn));
        assertEquals("window 1", order(map));
        assertEquals("42", order("word 0"));
        assertEquals(-Errno.EBUSY, pool.free(page, Pages.PAGE_SIZE));
        assertEquals("refused", order(map), "the share has ended");
        assertEquals("unmapped", order("unmap 0"));
        assertEquals(List.of(MAPPER), table.mappers(pfn), "one window is left");
        assertEquals("42", order("word 1"));
        assertEquals("unmapped", order("unmap 1"));
        assertEquals(List.of(), table.mappers(pfn));
        assertEquals("unmapped", order("unmap 1"), "twice is harmless");
        assertEquals(0, pool.free(page, Pages.PAGE_SIZE));
        orders.close();
        assertEquals(0, mapper.waitFor());
    }
}
