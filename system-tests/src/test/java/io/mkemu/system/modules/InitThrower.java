// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import java.io.IOException;

/** Cannot be set up. */
public final class InitThrower implements KernelModule {
    @Override
    public void init(Kernel kernel) throws IOException {
        throw new IOException("no such device");
    }
}
