// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import io.mkemu.dts.Property;
import io.mkemu.dts.Text;
import io.mkemu.dts.Value;
import java.util.List;
import java.util.Optional;

/** Reads what an instance node says about restarts. */
final class RestartReader {

    static final String RESTART = "restart";
    static final String LIMIT = "restart-limit";
    static final String DELAY = "restart-delay-ms";
    private static final String RESTART_EXAMPLE = "restart = \"on-failure\";";
    private static final String LIMIT_EXAMPLE = "restart-limit = <" + RestartPolicy.DEFAULT_LIMIT + ">;";
    private static final String DELAY_EXAMPLE = "restart-delay-ms = <" + RestartPolicy.DEFAULT_DELAY_MILLIS + ">;";

    private RestartReader() {
    }

    /** Reads the properties and adds the places of their values. */
    static RestartPolicy read(NodeReader node, boolean external) {
        boolean onFailure = onFailure(node);
        if (external && onFailure) {
            throw node.error(node.places().of(RESTART), "'restart' is \"on-failure\" in an external instance, "
                    + "which mkemu does not start and so cannot start again: remove 'restart' or 'mkemu,external'");
        }
        if (!onFailure) {
            refuse(node, LIMIT, external);
            refuse(node, DELAY, external);
            return RestartPolicy.NEVER;
        }
        int limit = number(node, LIMIT, LIMIT_EXAMPLE, 0, RestartPolicy.MAX_LIMIT, "restarts in a row")
                .orElse(RestartPolicy.DEFAULT_LIMIT);
        int delay = number(node, DELAY, DELAY_EXAMPLE, 1, RestartPolicy.MAX_DELAY_MILLIS, "milliseconds")
                .orElse(RestartPolicy.DEFAULT_DELAY_MILLIS);
        return new RestartPolicy(true, limit, delay);
    }

    private static boolean onFailure(NodeReader node) {
        Optional<Property> property = node.property(RESTART);
        if (property.isEmpty()) {
            return false;
        }
        Value.Str policy = node.string(property.get(), RESTART_EXAMPLE);
        boolean onFailure = policy.text().equals(RestartPolicy.ON_FAILURE_TEXT);
        if (!onFailure && !policy.text().equals(RestartPolicy.NEVER_TEXT)) {
            throw node.error(policy.position(), "'restart' is " + Text.quote(policy.text())
                    + ", expected \"on-failure\" or \"never\"");
        }
        node.note(RESTART, List.of(policy.position()));
        return onFailure;
    }

    private static void refuse(NodeReader node, String name, boolean external) {
        node.property(name).ifPresent(given -> {
            // An external instance cannot have the policy, so it is not told to take it.
            String remedy = external ? "remove " : "write " + RESTART_EXAMPLE + " or remove ";
            throw node.error(given.position(), Text.quote(name) + " means nothing without restart = \"on-failure\": "
                    + remedy + Text.quote(name));
        });
    }

    private static Optional<Integer> number(NodeReader node, String name, String example, int least, int most,
                                            String what) {
        return node.property(name).map(given -> {
            Value.Cell cell = node.cell(given, example);
            if (Long.compareUnsigned(cell.value(), least) < 0 || Long.compareUnsigned(cell.value(), most) > 0) {
                throw node.error(cell.position(), Text.quote(name) + " is " + Text.printable(cell.text())
                        + ", expected " + least + ".." + most + " " + what);
            }
            node.note(name, List.of(cell.position()));
            return (int) cell.value();
        });
    }
}
