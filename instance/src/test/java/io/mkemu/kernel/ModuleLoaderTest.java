// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleLoaderTest {
    private static final String SERVICE = "META-INF/services/" + KernelModule.class.getName();

    @TempDir
    private Path directory;

    /** A module that a jar names. */
    public static final class Good implements KernelModule {
        @Override
        public void init(Kernel kernel) {
            throw new UnsupportedOperationException("never initialised here");
        }
    }

    /** A module whose constructor throws what throws again, and names itself as its cause. */
    public static final class Hostile implements KernelModule {
        /** Throws. */
        public Hostile() {
            throw new IllegalStateException() {
                private static final long serialVersionUID = 1;

                @Override
                public String getMessage() {
                    throw new IllegalStateException("no message");
                }

                @Override
                public synchronized Throwable getCause() {
                    return this;
                }
            };
        }

        @Override
        public void init(Kernel kernel) {
            throw new UnsupportedOperationException("never initialised here");
        }
    }

    /** A module whose constructor throws. */
    public static final class Throwing implements KernelModule {
        /** Throws. */
        public Throwing() {
            throw new IllegalStateException("born broken");
        }

        @Override
        public void init(Kernel kernel) {
            throw new UnsupportedOperationException("never initialised here");
        }
    }

    private String jar(String name, String entry, String text) throws IOException {
        Path jar = directory.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return jar.toString();
    }

    private static void assertProblem(String module, String... parts) {
        String problem = ModuleLoader.problem(module);
        assertNotNull(problem, module);
        for (String part : parts) {
            assertTrue(problem.contains(part), () -> problem + " does not say " + part);
        }
        assertEquals(1, problem.lines().count());
        MachineException refused = assertThrows(MachineException.class, () -> ModuleLoader.load(List.of(module)));
        assertEquals(ExitCode.MODULE, refused.exitCode());
        assertEquals("module " + module + " " + problem, refused.getMessage());
    }

    private static MachineException refusal(String jar) {
        assertNull(ModuleLoader.problem(jar), "not to be seen without running it");
        MachineException refused = assertThrows(MachineException.class, () -> ModuleLoader.load(List.of(jar)));
        assertEquals(ExitCode.MODULE, refused.exitCode());
        assertTrue(refused.getMessage().contains(jar), refused.getMessage());
        assertEquals(1, refused.getMessage().lines().count(), refused.getMessage());
        return refused;
    }

    @Test
    void builtinModulesAreThere() {
        assertNull(ModuleLoader.problem("echo"));
        assertEquals(1, ModuleLoader.load(List.of("echo")).size());
    }

    @Test
    void whatCannotBeLoadedIsToldBefore() throws IOException {
        assertProblem("ecko", "is not a built-in module", "echo", ".jar");
        assertProblem(directory.resolve("missing.jar").toString(), "does not exist", "build it");
        assertProblem(directory + "/", "is not a file");
        Path text = directory.resolve("text.jar");
        Files.writeString(text, "not a zip");
        assertProblem(text.toString(), "is not a jar");
        assertProblem(jar("empty.jar", "META-INF/MANIFEST.MF", ""), "holds no module", SERVICE);
    }

    @Test
    void aJarsModulesAreMadeInItsOrder() throws IOException {
        String jar = jar("good.jar", SERVICE, Good.class.getName() + "\n");
        assertNull(ModuleLoader.problem(jar));
        List<KernelModule> modules = ModuleLoader.load(List.of("echo", jar));
        assertEquals(List.of("echo", "Good"), modules.stream().map(KernelModule::name).toList());
    }

    @Test
    void aJarThatCannotBeRunIsRefusedInOneLine() throws IOException {
        refusal(jar("nobody.jar", SERVICE, "# names nobody\n"));
        assertTrue(refusal(jar("absent.jar", SERVICE, "com.example.Absent\n")).getMessage()
            .contains("com.example.Absent"));
        assertTrue(refusal(jar("throwing.jar", SERVICE, Throwing.class.getName() + "\n")).getMessage()
            .contains("born broken"));
        assertTrue(refusal(jar("hostile.jar", SERVICE, Hostile.class.getName() + "\n")).getMessage()
            .contains("its text cannot be had"));
        assertTrue(refusal(jar("other.jar", SERVICE, ModuleLoaderTest.class.getName() + "\n")).getMessage()
            .contains("not a subtype"));
    }
}
