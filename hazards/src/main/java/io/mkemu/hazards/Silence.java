// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hazards;

/** A kernel of the machine did not do its part, so that nothing can be said of a hazard. One line. */
final class Silence extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Silence(String message) {
        super(message);
    }
}
