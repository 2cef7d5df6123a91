// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.host.Host;
import io.mkemu.host.TestHost;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A host of {@link TestHost#TREE} for each test. */
@Timeout(value = 300, threadMode = ThreadMode.SEPARATE_THREAD)
public abstract class BoxedHost {
    public static final long MIB = 1 << 20;

    @RegisterExtension
    public final TestHost box = TestHost.make();
    public final Host host = box.host();
}
