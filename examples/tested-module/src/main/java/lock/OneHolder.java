// SPDX-License-Identifier: Apache-2.0
package lock;

import io.mkemu.module.Check;
import io.mkemu.module.Observed;

/** What a lock is for: of the kernels that live, one holds it at a time. Simulations look at it after each step. */
public final class OneHolder implements Check {
    @Override
    public String look(Observed machine) {
        int holder = -1;
        for (int index = 0; index < machine.instances(); index++) {
            int instance = machine.instance(index);
            if (machine.isActive(instance) && machine.value(instance, "holds", 0) == 1) {
                if (holder >= 0) {
                    return machine.name(holder) + " and " + machine.name(instance) + " hold the lock";
                }
                holder = instance;
            }
        }
        return null;
    }
}
