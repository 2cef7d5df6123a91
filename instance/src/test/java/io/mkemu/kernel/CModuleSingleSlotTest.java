// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.IpiMode;

class CModuleSingleSlotTest extends CModuleContract {
    CModuleSingleSlotTest() {
        super(KernelHost.JVM, IpiMode.SINGLE_SLOT);
    }
}
