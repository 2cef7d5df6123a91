// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.host.Host;
import io.mkemu.host.TestHost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A host of {@link TestHost#TREE} for each test. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
public abstract class BoxedHost {
    public static final long MIB = 1 << 20;

    public TestHost box;
    public Host host;

    @BeforeEach
    void make() throws Exception {
        box = TestHost.make();
        host = box.host();
    }

    @AfterEach
    void close() throws Exception {
        box.close();
    }
}
