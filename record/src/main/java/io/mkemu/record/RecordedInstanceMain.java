// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.kernel.InstanceMain;

/**
 * The main class of a spawned kernel's process: {@link InstanceMain} with a kernel whose modules can be recorded. Its
 * threads, errors and exit codes are those of {@link InstanceMain}.
 */
public final class RecordedInstanceMain {
    private RecordedInstanceMain() {
    }

    /** Takes the arguments of {@link InstanceMain}, and exits as that does. */
    public static void main(String[] args) {
        InstanceMain.main(args, RecordingHook::new);
    }
}
