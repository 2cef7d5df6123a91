// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

/** Placeholder until helper D lands. */
final class ControlServer implements AutoCloseable {
    static ControlServer open(Host host) {
        return new ControlServer();
    }

    @Override
    public void close() {
    }
}
