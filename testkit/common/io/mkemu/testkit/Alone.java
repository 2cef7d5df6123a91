// SPDX-License-Identifier: Apache-2.0
package io.mkemu.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests that run while no other test does, after those that run side by side: threads or processes of theirs are to
 * meet on two CPUs, they look at times, or they use what the whole machine has once. The root pom knows the tag.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("alone")
public @interface Alone {
}
