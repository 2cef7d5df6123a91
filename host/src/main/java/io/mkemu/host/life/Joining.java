// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import io.mkemu.os.Affinity;
import java.util.BitSet;

/**
 * What part somebody else has in the start of instances: starts the processes of external ones, or attaches a debugger
 * to the others before their modules begin.
 *
 * @param container the container that each is to run in; null if they are told how any program joins
 * @param hostCpus  the host CPUs that they may use
 * @param isAsked   whether a process that is there has asked to join, and no other one will
 * @param debugs    whether those that are not external wait for a debugger
 */
public record Joining(ContainerRun container, BitSet hostCpus, boolean isAsked, boolean debugs) {
    /** Copies. */
    public Joining {
        hostCpus = (BitSet) hostCpus.clone();
    }

    /** By a process that nobody knows yet: it may use any host CPU, as far as this one knows, and looks itself. */
    public static Joining byCommand() {
        return by(null);
    }

    /** By a container that somebody starts: the CPU set it is given is that of any host CPU, too. */
    public static Joining by(ContainerRun container) {
        return new Joining(container, Affinity.online(), false, false);
    }

    /** By nobody: they are to wait for a debugger. */
    public static Joining debugged() {
        return new Joining(null, Affinity.online(), false, true);
    }

    /**
     * By a process that has asked for it.
     *
     * @param hostCpus that this process may use
     */
    public static Joining asked(BitSet hostCpus) {
        return new Joining(null, hostCpus, true, false);
    }

    /** A copy. */
    @Override
    public BitSet hostCpus() {
        return (BitSet) hostCpus.clone();
    }
}
