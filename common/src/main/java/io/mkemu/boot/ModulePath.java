// SPDX-License-Identifier: Apache-2.0
package io.mkemu.boot;

/** Tells the modules of users, which are files, from the built-in ones, which have names. Stateless. */
public final class ModulePath {
    /** What a module in C is: a shared object. */
    private static final String SHARED_OBJECT = ".so";
    private static final String JAR = ".jar";

    private ModulePath() {
    }

    /** Whether a module is named by the path of its file, and is not a built-in one. */
    public static boolean isPath(String module) {
        return module.endsWith(JAR) || isSharedObject(module) || module.indexOf('/') >= 0;
    }

    /** Whether it is a module in C, as far as its name tells. */
    public static boolean isSharedObject(String module) {
        return module.endsWith(SHARED_OBJECT);
    }
}
