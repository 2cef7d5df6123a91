// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.abi.RamHeaderDescriptor;
import io.mkemu.host.control.Protocol;
import picocli.CommandLine.IVersionProvider;

/** What {@code mk --version} prints. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {"mkemu " + Protocol.version() + ", ABI " + RamHeaderDescriptor.ABI_VERSION + ", Java "
            + Runtime.version()};
    }
}
