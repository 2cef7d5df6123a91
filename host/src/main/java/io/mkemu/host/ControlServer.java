// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

/** Placeholder until helper D lands. */
final class ControlServer {
    static ControlServer open(Host host) {
        return new ControlServer();
    }

    void close() {
    }
}
