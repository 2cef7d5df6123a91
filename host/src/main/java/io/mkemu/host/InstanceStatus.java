// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.abi.InstanceState;
import io.mkemu.tree.RestartPolicy;
import java.util.List;
import java.util.Map;

/**
 * A kernel as {@code mk show} tells it.
 *
 * @param id          instance id, 0 is the host
 * @param name        name
 * @param state       state
 * @param detail      what goes on in that state: booting, paused, shutting down, halting, waiting to be restarted; or
 *                    empty
 * @param reason      why it failed, or empty
 * @param pid         process id, 0 for none; of an external instance as that itself says
 * @param cpus        CPUs as the tree or the user names them
 * @param plannedHostCpus the host CPUs that were planned for them, in the same order
 * @param hostCpus    the host CPUs they are pinned to, in the same order; -1 for one that is pinned to none
 * @param memoryBytes of its pool
 * @param life        number of its life: how often it was executed
 * @param external    whether its process is started by somebody else
 * @param restart     what happens when it fails
 * @param restarts    restarts in a row
 * @param kernel      the kernel of its present life, "jvm" or "native"; or empty
 * @param jvmOptions  options of its JVM that the tree gives
 * @param modules     names of built-in modules and paths of jars and shared objects
 * @param cmdline     boot parameters: of the present or last life, or what the next one will get
 * @param bootMicros  the steps of the last boot in us, by name and in order; a step that was not reached is left out
 * @param counters    sums of its CPUs' counters by name
 * @param report      path of the report of its last failure, or empty
 */
public record InstanceStatus(int id, String name, InstanceState state, String detail, String reason, long pid,
                             List<Integer> cpus, List<Integer> plannedHostCpus, List<Integer> hostCpus,
                             long memoryBytes, long life, boolean external, RestartPolicy restart, int restarts,
                             String kernel, List<String> jvmOptions, List<String> modules, String cmdline,
                             Map<String, Long> bootMicros, Map<String, Long> counters, String report) {
}
