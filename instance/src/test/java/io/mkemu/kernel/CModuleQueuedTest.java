// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.IpiMode;

class CModuleQueuedTest extends CModuleContract {
    CModuleQueuedTest() {
        super(KernelHost.JVM, IpiMode.QUEUED);
    }
}
