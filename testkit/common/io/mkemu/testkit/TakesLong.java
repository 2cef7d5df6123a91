// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests that scripts/test --quick leaves out although their class's name does not say why: they race, kill, start JVM
 * after JVM, or search for a mistake run by run, for seconds. The whole run has them all.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("long")
public @interface TakesLong {
}
