// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.control;

import java.util.concurrent.TimeUnit;

/**
 * What one client may cost the host.
 *
 * @param lineBytes   of a request, its newline not counted
 * @param replyBytes  that wait for a client to read them
 * @param connections at once; requests under way, whose clients may be gone, are as many at the most
 * @param idleNanos   how long a client may take to send a whole request, and how long to read anything of a reply
 * @param closeNanos  how long the end of the server waits for requests that are under way
 */
public record ControlLimits(int lineBytes, int replyBytes, int connections, long idleNanos, long closeNanos) {
    /** Those of a host. */
    public static final ControlLimits DEFAULT =
        new ControlLimits(64 << 10, 16 << 20, 256, TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(2));
}
