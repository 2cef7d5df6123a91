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
 * Runs tests in the simulator, each many times, each time from a seed: the machine of the tree is virtual, and the
 * test's method runs beside its kernels, so that its {@link Machine#crash} hits them in the midst of anything. What it
 * asserts in vain is the failure, as is what the run itself finds wrong (a {@link io.mkemu.module.Check} of the
 * modules' jars, a module that throws, a deadlock, a leak); it comes with the last events of the run and the command
 * that repeats it.
 *
 * <ul>
 * <li>On a class: before its tests the machine runs by itself; then each test with a parameter {@link Machine} runs in
 *     the simulator before it runs on the real machine of the class's {@link MachineTest}, unless it is marked
 *     {@link NotSimulated}.
 * <li>On a method, which is a test then: with a parameter {@link Machine} it runs in the simulator, and on a real
 *     machine if it, or its class, is a {@link MachineTest} too. Without one the machine runs by itself before the
 *     body.
 * </ul>
 *
 * <pre>{@code
 * @MachineTest("lock.dts")
 * @SimulatedMachine(runs = 500, faults = "kill,restart")
 * class LockTest {
 *     @Test
 *     void aCrashHoldsUpNobody(Machine machine) throws InterruptedException { ... }
 * }
 * }</pre>
 *
 * <p>The simulator is a process of its own, mk simulate: fields that are not the test object's are not those of this
 * JVM, and several runs may use them at a time. The same seeds give the same outcome on any machine.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Test
@ExtendWith(SimulationExtension.class)
public @interface SimulatedMachine {
    /**
     * The device tree, as {@link MachineTest#value}; by default that of the MachineTest of the method, else of the
     * class.
     */
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
