// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.mkemu.simulate.run.Failure;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A static field of a module belongs to one life of one kernel, as in a process of its own. */
class StaticFieldsTest {
    private static final String MODULE = "import io.mkemu.module.*;\npublic final class Bug implements KernelModule {\n"
        + "    private static int lives;\n    @Override public void init(Kernel kernel) {\n"
        + "        if (++lives != %d) {\n            throw new IllegalStateException(\"life \" + lives);\n        }\n"
        + "    }\n}\n";

    @TempDir
    private Path directory;

    private Simulator simulator(int expected) throws IOException {
        ModuleJar.build(directory.resolve("bug.jar"), MODULE.formatted(expected));
        return Simulator.of(ModuleJar.tree(directory.resolve("bug.dts"), "./bug.jar", 3, 16, "")).runs(30)
            .faults("kill,restart");
    }

    @Test
    void eachLifeHasItsOwn() throws IOException {
        assertEquals(30, simulator(1).check().runs());
    }

    @Test
    void andItIsLookedAt() throws IOException {
        Simulator.Outcome outcome = simulator(2).run();
        assertNotNull(outcome.failure());
        assertEquals(Failure.Kind.MODULE_THREW, outcome.failure().kind(), outcome::report);
    }
}
