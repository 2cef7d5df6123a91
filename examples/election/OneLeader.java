// SPDX-License-Identifier: Apache-2.0
import io.mkemu.module.Check;
import io.mkemu.module.Observed;
import java.util.Arrays;

/** No term has two leaders, whether at the same time or one after the other. */
public final class OneLeader implements Check {
    private static final int NONE = -1;

    private int[] leaders = new int[0]; // of each term, by its number

    @Override
    public String look(Observed machine) {
        for (int index = 0; index < machine.instances(); index++) {
            int instance = machine.instance(index);
            int term = (int) machine.value(instance, "leader", 0);
            if (term > 0) {
                if (term >= leaders.length) {
                    int before = leaders.length;
                    leaders = Arrays.copyOf(leaders, 2 * term);
                    Arrays.fill(leaders, before, leaders.length, NONE);
                }
                if (leaders[term] != NONE && leaders[term] != instance) {
                    return "term " + term + " has two leaders: " + machine.name(leaders[term]) + " and "
                        + machine.name(instance);
                }
                leaders[term] = instance;
            }
        }
        return null;
    }
}
