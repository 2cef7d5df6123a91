// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.os.Platform;

/** What an interrupt asks of the handler registry, for the micro-benchmarks; in its package to reach it. */
public final class HandlerLookup {
    private final HandlerRegistry registry = new HandlerRegistry(1, true, Platform.system());

    /** A registry with a handler for each type 1 .. handlers. */
    public HandlerLookup(int handlers) {
        for (int type = 1; type <= handlers; type++) {
            registry.register((data, context) -> { }, null, type, null);
        }
    }

    /** How many handlers a type has. */
    public int count(int type) {
        return registry.handlersOf(type).length;
    }
}
