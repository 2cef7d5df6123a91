// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.IpiMode;

class NativeModuleSingleSlotTest extends CModuleContract {
    NativeModuleSingleSlotTest() {
        super(KernelHost.NATIVE, IpiMode.SINGLE_SLOT);
    }
}
