// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Executes a machine many times in the simulator, each time from a seed, with the checks of its modules' jars
 * ({@link io.mkemu.module.Check}); what a run finds wrong is the failure, with its last events and the command that
 * repeats it. On a class: before its tests, on the tree of its {@link MachineTest} if no other is named. On a method,
 * which is a test then: before its body.
 *
 * <pre>{@code
 * @MachineTest("lock.dts")
 * @SimulatedMachine(runs = 500, faults = "kill,restart")
 * class LockTest { ... }
 * }</pre>
 *
 * <p>The simulator is a process of its own: mk simulate. The same seeds give the same outcome on any machine.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Test
@ExtendWith(SimulationExtension.class)
public @interface SimulatedMachine {
    /** The device tree, as {@link MachineTest#value}; by default that of the class's MachineTest. */
    String value() default "";

    /** How many runs, 1 or more. */
    int runs() default 1_000;

    /** The seed of the first run; those after it follow. */
    long seed() default 1;

    /** What happens beside, as {@code --faults} has it: "kill,restart", "all". By default nothing. */
    String faults() default "";

    /** Who goes on, as {@code --strategy} has it: "random", "pct:3", "exhaustive:1000". */
    String strategy() default "random";

    /** How many seconds all runs together may take, 1 or more. */
    int timeoutSeconds() default 300;
}
