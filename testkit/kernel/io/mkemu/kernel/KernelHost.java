// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import java.util.stream.Stream;

/** What runs a kernel of a test. */
enum KernelHost {
    /** A JVM, this one; its module is in Java. */
    JAVA,
    /** A JVM, this one; its module is in C. */
    JVM,
    /** No JVM: a process; its module is in C. */
    NATIVE;

    /** Those that the contract is held against: all; in a JVM with {@code -Dmkemu.contract=java} Java's own alone. */
    static Stream<KernelHost> tested() {
        return "java".equals(System.getProperty("mkemu.contract")) ? Stream.of(JAVA) : Stream.of(values());
    }
}
