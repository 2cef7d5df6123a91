// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.stress;

import io.mkemu.module.Check;
import io.mkemu.module.Observed;
import java.util.HashMap;
import java.util.Map;

/**
 * No request of a {@link CallingModule} is handled twice, by whatever life; and each answer is of the life that handled
 * the request.
 */
public final class HandledOnce implements Check {
    private static final long NOTHING = 0;
    private static final int LIFE_BITS = 32;

    /* Of each key: the instance and the life that handled it. */
    private final Map<Long, Long> handled = new HashMap<>();
    private final long[] lives = new long[256];
    private final long[] seen = new long[256];
    private final long[] answers = new long[256];

    @Override
    public String look(Observed machine) {
        for (int index = 0; index < machine.instances(); index++) {
            int id = machine.instance(index);
            if (machine.life(id) != lives[id]) {
                lives[id] = machine.life(id);
                seen[id] = NOTHING;
                answers[id] = NOTHING;
            }
            String wrong = handled(machine, id);
            if (wrong != null) {
                return wrong;
            }
        }
        for (int index = 0; index < machine.instances(); index++) {
            String wrong = answered(machine, machine.instance(index));
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private String handled(Observed machine, int id) {
        long count = machine.value(id, "handled", NOTHING);
        if (count == NOTHING || count == seen[id]) {
            /* What a kernel has published ends with it. */
            return null;
        }
        if (count != seen[id] + 1) {
            return machine.name(id) + " has handled " + (count - seen[id]) + " requests in a step";
        }
        seen[id] = count;
        long key = machine.value(id, "key");
        Long before = handled.put(key, (long) id << LIFE_BITS | machine.life(id));
        return before == null ? null : "request " + Long.toHexString(key) + " was handled twice, by "
            + machine.name((int) (before >>> LIFE_BITS)) + " in life " + before.intValue() + " and by "
            + machine.name(id) + " in life " + machine.life(id);
    }

    private String answered(Observed machine, int id) {
        long count = machine.value(id, "answers", NOTHING);
        if (count == NOTHING || count == answers[id]) {
            return null;
        }
        answers[id] = count;
        long key = machine.value(id, "answer");
        long by = machine.value(id, "answered by") << LIFE_BITS | machine.value(id, "answered in");
        Long its = handled.get(key);
        return its != null && its == by ? null : "request " + Long.toHexString(key) + " was answered by life "
            + Long.toHexString(by) + ", and handled by " + (its == null ? "nobody" : Long.toHexString(its));
    }
}
