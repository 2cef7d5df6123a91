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

    private long number(String line) throws IOException {
        return Long.parseLong(order(line));
    }

    /** Two processes, one in C, allocate from one pool by one rule. */
    @Test
    void aKernelInCAllocatesAsAKernelInJavaDoes() throws Exception {
        long first = number("alloc 4096 4096");
        assertEquals(first + Pages.PAGE_SIZE, pool.alloc(3 * Pages.PAGE_SIZE, 1), "behind it");
        long aligned = number("alloc 8193 16384");
        assertEquals(0, aligned % 16384);
        assertTrue(pool.isAllocated(aligned, 3 * Pages.PAGE_SIZE));
        assertEquals(-Errno.EINVAL, number("free " + aligned + " 4096"), "not its size");
        assertEquals(-Errno.EINVAL, number("free " + (aligned + Pages.PAGE_SIZE) + " 4096"), "not its beginning");
        assertEquals(-Errno.EINVAL, number("free " + (aligned + 1) + " 4096"));
        assertEquals(-Errno.EINVAL, number("free 4096 4096"), "not of the pool");
        assertEquals(-Errno.EINVAL, number("free " + aligned + " 0"));
        assertEquals(0, pool.free(aligned, 3 * Pages.PAGE_SIZE), "allocated in C, freed in Java");
        assertEquals(-Errno.ENOENT, number("free " + aligned + " 12288"));
        assertEquals(0, number("free " + (first + Pages.PAGE_SIZE) + " 12288"), "allocated in Java, freed in C");
        assertEquals(0, number("alloc 4096 4097"), "no power of two");
        assertEquals(0, number("alloc 0 4096"));
        assertEquals(0, number("alloc " + (1L << 40) + " 4096"), "more than there is");
        assertEquals(first + Pages.PAGE_SIZE, number("alloc 4096 4096"));
        assertEquals(0, number("free " + (first + Pages.PAGE_SIZE) + " 4096"));
        long all = pool.available();
        long most = number("alloc " + all + " 1");
        assertEquals(first + Pages.PAGE_SIZE, most);
        assertEquals(0, pool.available());
        assertEquals(0, pool.alloc(1, 1));
        assertEquals(0, number("alloc 1 1"));
        assertEquals(0, number("free " + most + " " + all));
        assertEquals(all, pool.available());
    }

    @Test
    void aKernelInCDoesNotFreeWhatIsMapped() throws Exception {
        PageTable table = mapped.memory().pageTable();
        long page = number("alloc 4096 4096");
        long pfn = Pages.pfn(page);
        table.grant(pfn, MAPPER);
        assertEquals("window 0", order("map " + OWNER + " " + pfn));
        assertEquals(-Errno.EBUSY, number("free " + page + " 4096"));
        assertEquals("refused", order("map " + OWNER + " " + pfn), "its shares have ended");
        assertEquals("unmapped", order("unmap 0"));
        table.grant(pfn, MAPPER);
        assertEquals(0, number("revoke " + MAPPER + " " + pfn));
        assertEquals("refused", order("map " + OWNER + " " + pfn), "taken back");
        assertEquals(-Errno.EINVAL, number("revoke 256 " + pfn));
        assertEquals(0, number("free " + page + " 4096"));
        assertEquals(-Errno.EINVAL, number("revoke " + MAPPER + " " + pfn), "it is nobody's");
    }
}
