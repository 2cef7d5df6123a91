// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.mkemu.boot.BootParameters;
import io.mkemu.builtin.BuiltinModules;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnknownParametersTest {
    private static final Map<String, Optional<Set<String>>> DEMO =
        Map.of("demo", BuiltinModules.create("demo").parameters());

    private static String line(String given, Map<String, Optional<Set<String>>> modules, String... asked) {
        return UnknownParameters.line(BootParameters.parse(given), modules, List.of(asked));
    }

    @Test
    void aTypoIsToldWithWhatWasMeant() {
        assertEquals("Unknown kernel command line parameters \"demo.mesages=10\", nobody takes them; did you mean "
            + "demo.messages?", line("idle=halt demo.mesages=10 demo.pages=1", DEMO));
        assertEquals("Unknown kernel command line parameters \"idlehaltpoll zzz=1\", nobody takes them; did you mean "
            + "idle?", line("idlehaltpoll quiet zzz=1", DEMO));
    }

    @Test
    void whatAModuleTakesOrHasAskedForIsKnown() {
        assertNull(line("demo.messages=1 demo.timeout=2 idle=poll mk_life=1 mk_epoch=2 mkemu.stop_in_send=x:1", DEMO));
        assertNull(line("colour=blue my-flag", Map.of(), "colour", "my_flag"));
        assertNull(line("hello-module.any=1", Map.of("hello-module", Optional.empty())));
        assertNull(line("", Map.of()));
    }

    @Test
    void aModuleThatIsNotLoadedTakesNothing() {
        assertEquals("Unknown kernel command line parameters \"echo.type=1\", nobody takes them",
            line("echo.type=1", Map.of()));
    }

    @Test
    void allBuiltInModulesSayWhatTheyTake() {
        for (String name : BuiltinModules.names()) {
            assertEquals(true, BuiltinModules.create(name).parameters().isPresent(), name);
        }
    }
}
