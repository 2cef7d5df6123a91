// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

import org.agrona.concurrent.UnsafeBuffer;

/** Messages in memory of a test. */
public final class MkIpiDataViews {
    private MkIpiDataViews() {
    }

    /** A message laid out as struct mk_ipi_data that may change at any time, as one in a slot. */
    public static MkIpiData live(UnsafeBuffer memory, int offset) {
        MkIpiData data = new MkIpiData();
        data.wrapLive(memory, offset);
        return data;
    }
}
