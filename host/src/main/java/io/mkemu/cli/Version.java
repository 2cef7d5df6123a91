// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.abi.RamHeaderDescriptor;
import picocli.CommandLine.IVersionProvider;

/** What {@code mk --version} prints. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"mkemu " + (version == null ? "(unpackaged)" : version) + ", ABI "
            + RamHeaderDescriptor.ABI_VERSION + ", Java " + Runtime.version()};
    }
}
