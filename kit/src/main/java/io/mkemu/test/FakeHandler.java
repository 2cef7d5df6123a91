// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;

/** A handler that a module registered with a fake kernel. */
record FakeHandler(IpiCallback callback, Object context, int type) implements IpiHandler {
    /* A callback may be registered twice: each is a handler of its own. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
