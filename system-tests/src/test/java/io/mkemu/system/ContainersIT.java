// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Kernels in containers: what they exchange. */
@NeedsDocker
class ContainersIT {
    private static final String EXTERNAL = "mkemu,external;";

    @RegisterExtension
    final ContainerMachine lab = new ContainerMachine();

    @Test
    void theDemosExchangeIsVerified() throws Exception {
        MkContainer host = lab.host(new TreeSource().bootargs("demo.messages=10000 demo.pages=4").properties(EXTERNAL)
            .host("demo").instance("web", "demo").instance("db", "demo"));
        System.out.println(host.describe());
        System.out.println(host.mk("show").describe());
        host.mk("shutdown");
        host.ends(0);
    }
}
