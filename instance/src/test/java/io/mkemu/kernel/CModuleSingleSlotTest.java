// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.IpiMode;

class CModuleSingleSlotTest extends CModuleContract {
    CModuleSingleSlotTest() {
        super(IpiMode.SINGLE_SLOT);
    }
}
