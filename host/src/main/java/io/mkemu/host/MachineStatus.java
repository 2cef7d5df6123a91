// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.IpiMode;
import java.util.List;

/**
 * A machine as {@code mk show} tells it, at one moment.
 *
 * @param name        of the machine
 * @param directory   where it lies
 * @param pid         process id of the host
 * @param upNanos     since it was made
 * @param ipi         mailbox of all instances
 * @param cpus        the multikernel pool's CPUs
 * @param freeCpus    those that nobody has
 * @param memoryBytes of the multikernel pool
 * @param freeBytes   of it that nobody has
 * @param ramBytes    size of the RAM file
 * @param instances   by ascending id, the host first
 */
public record MachineStatus(String name, String directory, long pid, long upNanos, IpiMode ipi, List<Integer> cpus,
                            List<Integer> freeCpus, long memoryBytes, long freeBytes, long ramBytes,
                            List<InstanceStatus> instances) {
}
