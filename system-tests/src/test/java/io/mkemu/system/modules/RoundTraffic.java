// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.builtin.TrafficModule;
import io.mkemu.machine.MappedMachine;
import io.mkemu.module.Kernel;
import java.nio.file.Path;

/** The traffic of {@code RoundsIT}: it knows all lives, because it reads them in the RAM, {@code traffic.ram}. */
public final class RoundTraffic extends TrafficModule {
    private MappedMachine ram;

    @Override
    public void init(Kernel kernel) throws Exception {
        ram = MappedMachine.openReadOnly(Path.of(kernel.parameter("ram")));
        super.init(kernel);
    }

    @Override
    protected long lifeOf(int instanceId) {
        return ram.instances().entry(instanceId).life();
    }
}
