// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a test of a class that is a {@link SimulatedMachine}: it runs on the real machine only, because it uses what the
 * simulator does not have ({@link Machine#mk}, the file system, the clock).
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface NotSimulated {
}
