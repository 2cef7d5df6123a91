// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.abi.InstanceState;
import java.util.List;

/**
 * An instance of the machine, as it was when asked.
 *
 * @param id    0..255; 0 is the host
 * @param name  its name
 * @param state empty, ready, loaded, active, failed
 * @param cpus  physical CPU ids, ascending; IPIs go to the first
 */
public record Instance(int id, String name, InstanceState state, List<Integer> cpus) {
}
