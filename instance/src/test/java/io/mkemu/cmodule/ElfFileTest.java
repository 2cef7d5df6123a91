// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.testkit.CModules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no modules, or are damaged: each is one line, and nothing else comes of it. */
@Timeout(300)
class ElfFileTest {
    private static final int MACHINE =
        System.getProperty("os.arch").equals("aarch64") ? ElfFile.EM_AARCH64 : ElfFile.EM_X86_64;
    private static final int MUTANTS = 20_000;
    /* As mkemu_kmod.h has it: magic, version, machine. */
    private static final String HEAD = "unsigned long long mkemu_kmod[8] = {0x646f6d6b756d656bULL, %s};\n"
        + "int other_symbol; void further(void) {}\n";

    @TempDir
    Path directory;

    private Path build(String text, String... options) throws IOException {
        Path source = directory.resolve("made.c");
        Files.writeString(source, text);
        return CModules.buildAlone(source, directory, options);
    }

    private String problem(byte[] bytes) throws IOException {
        return CModuleFile.problem(Files.write(directory.resolve("it.so"), bytes));
    }

    /** What is wrong with it, which must be told in one line. */
    private String line(byte[] bytes) throws IOException {
        String problem = problem(bytes);
        assertNotNull(problem);
        assertFalse(problem.contains("\n"), problem);
        return problem;
    }

    private byte[] module() throws IOException {
        CModules.require();
        return Files.readAllBytes(build(HEAD.formatted("1"), "-fvisibility=default"));
    }

    @Test
    void aModuleIsOneByBothHashTables() throws Exception {
        for (String style : new String[] {"gnu", "sysv", "both"}) {
            byte[] bytes =
                Files.readAllBytes(build(HEAD.formatted("1"), "-Wl,--hash-style=" + style, "-fvisibility=default"));
            assertNull(problem(bytes), style);
            ElfFile file = new ElfFile(bytes, MACHINE);
            assertEquals(CoreDescriptor.MODULE_MAGIC, file.symbol("mkemu_kmod", 8).getLong(0), style);
            assertNotNull(file.symbol("further", 1), style);
            assertNull(file.symbol("no_such_symbol", 1), style);
            assertNull(file.symbol("mkemu_kmo", 1), style);
        }
    }

    @Test
    void whatIsNoElfFileIsNoModule() throws Exception {
        CModules.require();
        String no = "is not a shared object (no ELF file); build it with mk cc";
        assertEquals(no, line(new byte[0]));
        assertEquals(no, line("#!/bin/sh\necho a text\n".getBytes(StandardCharsets.UTF_8)));
        assertEquals(no, line(new byte[] {0x7f, 'E', 'L'}));
    }

    @Test
    void aHeaderThatEndsTooSoonIsDamaged() throws Exception {
        byte[] module = module();
        for (int length = 4; length < ElfFile.HEADER_LENGTH; length++) {
            assertEquals("is damaged: its header ends after " + length + " bytes; build it anew, with mk cc",
                line(Arrays.copyOf(module, length)));
        }
        for (int length = ElfFile.HEADER_LENGTH; length < module.length; length += 97) {
            String problem = problem(Arrays.copyOf(module, length));
            assertTrue(problem == null || problem.startsWith("is damaged: "), problem);
        }
        assertTrue(line(Arrays.copyOf(module, ElfFile.HEADER_LENGTH)).startsWith("is damaged: its program headers"));
    }

    @Test
    void anotherMachinesFileIsToldByItsName() throws Exception {
        byte[] module = module();
        byte[] narrow = module.clone();
        narrow[4] = 1;
        assertEquals("is a shared object of 32 bits; build it for 64 bits, with mk cc", line(narrow));
        byte[] bigEndian = module.clone();
        bigEndian[5] = 2;
        assertEquals("is a shared object of a big-endian machine; build it here, with mk cc", line(bigEndian));
        byte[] riscV = module.clone();
        riscV[18] = (byte) 243;
        assertEquals("is built for RISC-V, this machine is " + ElfFile.machineName(MACHINE)
            + "; build it here, with mk cc", line(riscV));
        byte[] object = module.clone();
        object[16] = 1;
        assertEquals("is no shared object (ELF type 1, as of a .o or .ko); build it with mk cc", line(object));
    }

    @Test
    void aSharedObjectWithoutAModuleIsToldSo() throws Exception {
        CModules.require();
        assertEquals("holds no kernel module: it does not export mkemu_kmod; build it with mk cc, from a source that "
            + "includes <linux/module.h>",
            line(Files.readAllBytes(build("int further(void) { return 1; }\n", "-fvisibility=default"))));
        assertEquals("holds no kernel module: what it exports as mkemu_kmod is something else; build it with mk cc",
            line(Files.readAllBytes(build("long mkemu_kmod[8] = {1, 1};\n", "-fvisibility=default"))));
        assertEquals("is built for version 99 of mkemu's table of calls, this mkemu has "
            + CoreDescriptor.MODULE_VERSION + "; build it anew, with mk cc",
            line(Files.readAllBytes(build(HEAD.formatted("99"), "-fvisibility=default"))));
    }

    @Test
    void noByteInItIsTrusted() throws Exception {
        byte[] module = module();
        SplittableRandom random = new SplittableRandom(18);
        for (int mutant = 0; mutant < MUTANTS; mutant++) {
            byte[] bytes = module.clone();
            for (int change = random.nextInt(1, 9); change > 0; change--) {
                /* Where there is something: header, program headers, dynamic section, tables. */
                int at = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : random.nextInt(0x400);
                bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(2) * 0xff);
            }
            try {
                new ElfFile(bytes, MACHINE).symbol("mkemu_kmod", 16);
            } catch (ElfFile.Refused refused) {
                assertFalse(refused.getMessage().contains("\n"), refused.getMessage());
            } catch (RuntimeException fault) {
                throw new AssertionError("mutant " + mutant, fault);
            }
        }
    }
}
