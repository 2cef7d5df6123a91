// SPDX-License-Identifier: Apache-2.0
package io.mkemu.record;

import io.mkemu.abi.KernelCall;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a {@link KernelCall#START_TASK} record tells of a task's name. */
public final class TaskName {
    private TaskName() {
    }

    /** Its UTF-8, at most {@link KernelCall#MAX_TASK_NAME} bytes of it. */
    public static byte[] recorded(String name) {
        byte[] bytes = String.valueOf(name).getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(bytes, Math.min(bytes.length, KernelCall.MAX_TASK_NAME));
    }
}
