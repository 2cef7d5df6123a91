// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.os.Affinity;
import java.util.BitSet;

/**
 * How the processes of external instances are started by somebody else.
 *
 * @param container the container that each is to run in; null if they are told how any program joins
 * @param hostCpus  the host CPUs that they may use
 */
public record Joining(ContainerRun container, BitSet hostCpus) {
    /** Copies. */
    public Joining {
        hostCpus = (BitSet) hostCpus.clone();
    }

    /**
     * Joining by a process that nobody knows yet: it may use any host CPU, as far as this one knows, and looks itself.
     *
     * @param container as in the record
     */
    public Joining(ContainerRun container) {
        this(container, Affinity.online());
    }

    /** A copy. */
    @Override
    public BitSet hostCpus() {
        return (BitSet) hostCpus.clone();
    }
}
