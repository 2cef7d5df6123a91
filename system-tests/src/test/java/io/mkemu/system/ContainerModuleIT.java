// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Modules in C in containers: the native kernel is what the container is. */
@NeedsDocker
class ContainerModuleIT {
    private static final long MESSAGES = 20_000;

    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();
    @RegisterExtension
    final Mk mk = new Mk();

    private String module(Path built) throws Exception {
        return ContainerMachine.jar(Files.copy(built, lab.files().resolve(built.getFileName())));
    }

    @Test
    void theNativeKernelIsAContainerAndItsDeathIsTold() throws Exception {
        String exchange = module(CModule.of(mk, "exchange"));
        String crashes = module(CModule.of(mk, "crashes", CModuleIT.CRASHES));
        MkContainer host = lab.host(ContainerMachine.tree("exchange.partner=0 exchange.messages=" + MESSAGES)
            .host("peer").instance("a", exchange).instance("b", crashes));
        MkContainer a = lab.join("a");
        host.awaitOut(1, "a: exchange: all good: " + MESSAGES + " sent, " + MESSAGES
            + " received, 0 mismatches, 0 bad words, error 0$");
        assertEquals("native", lab.show("a").get("kernel").asText());
        String self = a.exec("sh", "-c", "tr '\\0' ' ' </proc/1/cmdline").ends(0).out().getFirst();
        assertTrue(self.startsWith("/opt/mkemu/lib/native/mkemu-kernel "), self);
        a.exec("mk", "healthcheck").ends(0);

        String line = host.mk("exec", "b", "--external", "--format", "docker", "--volume", lab.ramVolume(), "--no-wait")
            .out().getFirst();
        assertTrue(line.contains(" native " + ContainerMachine.RAM + "/"), line);
        MkContainer b = lab.join("b");
        assertTrue(b.awaitExit() != 0, b::describe);
        lab.awaitState("b", "failed");
        String reason = lab.show("b").get("reason").asText();
        assertTrue(reason.matches("killed by signal 11 in crashes\\.so\\+0x[0-9a-f]+ \\(step[.a-z0-9]*\\)"), reason);
        assertEquals("active", lab.show("a").get("state").asText());
        lab.shutDown(a);
    }
}
