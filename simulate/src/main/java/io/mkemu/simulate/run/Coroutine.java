// SPDX-License-Identifier: Apache-2.0
package io.mkemu.simulate.run;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Code that can stop in its middle and go on later: a CPU of a simulated kernel stops between two stores of a send. It
 * runs on the thread of whoever resumes it; to drop one that has stopped is what a kill -9 does to a process.
 *
 * <p>Made of the JDK's own continuations, on which virtual threads are built: a switch costs some 150 ns, where to hand
 * over to another thread costs some microseconds. A thread that resumes one must hold no Java monitor: where the
 * coroutine stops, the JVM takes what the thread holds for the coroutine's own. They are internal, so the JVM needs
 * {@code --add-exports=java.base/jdk.internal.vm=ALL-UNNAMED}.
 */
final class Coroutine {
    private static final Object SCOPE;
    private static final MethodHandle NEW;
    private static final MethodHandle RUN;
    private static final MethodHandle YIELD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
            Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
            SCOPE = lookup.findConstructor(scope, MethodType.methodType(void.class, String.class))
                .invoke("io.mkemu.simulate");
            NEW = lookup.findConstructor(continuation, MethodType.methodType(void.class, scope, Runnable.class))
                .bindTo(SCOPE).asType(MethodType.methodType(Object.class, Runnable.class));
            RUN = lookup.findVirtual(continuation, "run", MethodType.methodType(void.class))
                .asType(MethodType.methodType(void.class, Object.class));
            YIELD = lookup.findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope))
                .bindTo(SCOPE);
        } catch (Throwable missing) {
            throw new IllegalStateException("this JVM gives no continuations (" + missing + "); it needs "
                + "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED", missing);
        }
    }

    private final Object continuation;

    /**
     * Begins with the first {@link #resume}.
     *
     * @param body throws nothing
     */
    Coroutine(Runnable body) {
        try {
            continuation = (Object) NEW.invokeExact(body);
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Goes on until it stops next, or ends. */
    void resume() {
        try {
            RUN.invokeExact(continuation);
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Stops the coroutine that the caller is in.
     *
     * @return false if it cannot stop here, and has gone on: a method of C, or a class initialiser, is on its stack
     */
    static boolean stop() {
        try {
            boolean ignored = (boolean) YIELD.invokeExact();
            return true;
        } catch (IllegalStateException pinned) {
            return false;
        } catch (RuntimeException | Error fault) {
            throw fault;
        } catch (Throwable impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
