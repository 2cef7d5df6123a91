// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

/** What runs a kernel of a test. */
enum KernelHost {
    /** A JVM, this one; its module is in Java. */
    JAVA,
    /** A JVM, this one; its module is in C. */
    JVM,
    /** No JVM: a process; its module is in C. */
    NATIVE
}
