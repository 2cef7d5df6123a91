// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.IpiMode;

class NativeModuleQueuedTest extends CModuleContract {
    NativeModuleQueuedTest() {
        super(KernelHost.NATIVE, IpiMode.QUEUED);
    }
}
