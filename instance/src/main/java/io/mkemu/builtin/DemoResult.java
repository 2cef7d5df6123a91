// SPDX-License-Identifier: Apache-2.0
package io.mkemu.builtin;

import java.util.List;

/**
 * What the demo found, over all kernels.
 *
 * @param ok             everything that was to happen happened, and nothing else
 * @param sent           messages sent
 * @param delivered      different messages that came intact
 * @param lost           messages that never came
 * @param torn           messages that came with wrong content, size or checksum
 * @param repeated       messages that came again
 * @param reordered      messages that came after a later one of the same sender
 * @param pagesShared    pages shared
 * @param pagesVerified  of these, mapped, verified and answered by the receiver
 * @param roundTripNanos every round trip of 64 bytes, in ns
 * @param failures       what went wrong, a line each
 */
public record DemoResult(boolean ok, long sent, long delivered, long lost, long torn, long repeated, long reordered,
    long pagesShared, long pagesVerified, long[] roundTripNanos, List<String> failures) {

    /** Takes the list as it is now. */
    public DemoResult {
        failures = List.copyOf(failures);
    }
}
