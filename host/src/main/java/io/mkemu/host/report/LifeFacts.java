// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.report;

import java.util.List;

/**
 * What a host knows of a life that it reports.
 *
 * @param id      of the instance
 * @param name    of the instance
 * @param life    number of the life
 * @param kernel  "jvm" or "native"
 * @param pid     of its process as the host knows it, 0 for none
 * @param reason  why it is reported
 * @param cpus    physical ids of its CPUs, ascending
 * @param modules as it was told them
 */
public record LifeFacts(int id, String name, long life, String kernel, long pid, String reason, List<Integer> cpus,
                        List<String> modules) {
}
