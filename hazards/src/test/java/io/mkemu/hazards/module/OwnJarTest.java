// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards.module;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mkemu.kernel.ModuleLoader;
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

/** In a host's process the class path names the hazard module for ServiceLoader, as it does here. */
class OwnJarTest {
    @TempDir
    private Path directory;

    /** A user's module. */
    public static final class Users implements KernelModule {
        @Override
        public void init(Kernel kernel) {
            throw new UnsupportedOperationException("never initialised here");
        }
    }

    private List<String> modulesOfJarWith(Class<? extends KernelModule> module) throws IOException {
        Path jar = directory.resolve("module.jar");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            zip.putNextEntry(new ZipEntry("META-INF/services/" + KernelModule.class.getName()));
            zip.write(module.getName().getBytes(StandardCharsets.UTF_8));
        }
        return ModuleLoader.load(List.of(jar.toString())).stream().map(KernelModule::name).toList();
    }

    @Test
    void aUsersJarDoesNotBringTheHazardModuleAlong() throws IOException {
        assertEquals(List.of("Users"), modulesOfJarWith(Users.class));
    }

    @Test
    void theHazardModulesJarBringsItOnce() throws IOException {
        assertEquals(List.of(HazardModule.NAME), modulesOfJarWith(HazardModule.class));
    }
}
