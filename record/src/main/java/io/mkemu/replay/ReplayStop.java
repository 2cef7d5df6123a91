// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

/** Unwinds a module whose replay is over. What a module does with it changes nothing: the result is known by then. */
final class ReplayStop extends Error {
    private static final long serialVersionUID = 1L;

    ReplayStop() {
        super("the replay is over", null, false, false);
    }
}
