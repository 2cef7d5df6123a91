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
 * Gives a test a machine of real processes. On a class: one machine for all of its tests, made before the first of
 * them. On a method, which is a test then: a machine of its own. A parameter of type {@link Machine} gets it.
 *
 * <pre>{@code
 * @MachineTest("counter.dts")
 * class CounterTest {
 *     @Test
 *     void countsAcrossACrash(Machine machine) throws InterruptedException {
 *         machine.awaitLog("n2", "counted 5");
 *         machine.crash("n1");
 *         machine.awaitLog("n2", "n1 is gone");
 *     }
 * }
 * }</pre>
 *
 * <p>If a test fails, its failure carries the states and kernel logs of all kernels (as a suppressed exception, so
 * that every runner prints it) and the machine's journal is kept; else the journal is deleted.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@Test
@ExtendWith(MachineExtension.class)
public @interface MachineTest {
    /**
     * The device tree: a path from the working directory, which in a build is the project's, or else a resource of the
     * test's class path. Paths of modules in it are relative to it.
     */
    String value();

    /** Whether its instances are executed at once, those apart that others start. */
    boolean exec() default true;

    /**
     * Whether all that happens is recorded, so that a test that failed can be traced and replayed. Journals of failed
     * tests lie in target/mkemu-test, build/mkemu-test where there is a build but no target, or where the system
     * property mkemu.test.journals says.
     */
    boolean journal() default true;

    /** How many seconds a boot, a verb and a wait may take, 1 or more. */
    int timeoutSeconds() default 60;
}
