// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import io.mkemu.module.Check;
import io.mkemu.module.Observed;
import java.util.List;
import java.util.function.Function;

/** The checks of one run. Used by its thread only. */
final class Checks {
    private final List<Check> checks;
    private final Observed machine;
    private final Simulation run;

    Checks(List<Check> checks, Observed machine, Simulation run) {
        this.checks = checks;
        this.machine = machine;
        this.run = run;
    }

    List<Check> all() {
        return checks;
    }

    /** After a step. */
    void look() {
        for (Check check : checks) {
            ask(check, check::look);
        }
    }

    /** All tasks are done. */
    void atEnd() {
        for (Check check : checks) {
            ask(check, check::atEnd);
        }
    }

    private void ask(Check check, Function<Observed, String> question) {
        try {
            String wrong = question.apply(machine);
            if (wrong != null) {
                run.fails(Failure.Kind.CHECK, check.name() + ": " + wrong);
            }
        } catch (RuntimeException | Error fault) {
            run.fails(Failure.Kind.CHECK_THREW, check.getClass().getName() + ": " + fault);
        }
    }
}
