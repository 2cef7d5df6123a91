// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

import io.mkemu.abi.InstanceState;
import java.util.List;

/**
 * An instance of the machine, as it was when asked.
 *
 * @param id    0..255; 0 is the host
 * @param name  its name
 * @param life  number of its life as {@link Kernel#life} has it; state belongs to that life
 * @param state empty, ready, loaded, active, failed
 * @param cpus  physical CPU ids, ascending; IPIs go to the first
 */
public record Instance(int id, String name, long life, InstanceState state, List<Integer> cpus) {
}
