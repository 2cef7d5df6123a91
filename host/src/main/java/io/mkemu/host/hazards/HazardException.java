// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.hazards;

/** A hazard could not be provoked: a kernel of the machine did not do its part. One line. */
final class HazardException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HazardException(String message) {
        super(message);
    }
}
