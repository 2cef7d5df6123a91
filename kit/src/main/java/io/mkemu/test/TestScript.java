// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.module.Script;
import io.mkemu.module.ScriptedMachine;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.opentest4j.TestAbortedException;

/**
 * A test's method as what a run in the simulator is to do: an object of its class, what comes before each test, the
 * method, what comes after each. The simulator's process makes one for each run; users have no need to.
 */
public final class TestScript implements Script {
    private static final int DEFAULT_SECONDS = 60;

    private final Class<?> type;
    private final Method method;

    /**
     * For the simulator.
     *
     * @param named CLASS#METHOD; all parameters of the method are a {@link Machine}
     * @throws IllegalArgumentException if there is none
     */
    public TestScript(String named) {
        String[] parts = named.split("#", 2);
        try {
            type = Class.forName(parts[0], true, TestScript.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError missing) {
            throw new IllegalArgumentException("test class " + parts[0] + ": " + missing, missing);
        }
        method = methods(type).stream().filter(each -> each.getName().equals(parts[1]) && takesMachines(each))
            .findFirst().orElseThrow(() -> new IllegalArgumentException("test " + named + ": there is no such method "
                + "whose parameters are a Machine"));
    }

    /** Whether the simulator can call it. */
    static boolean takesMachines(Executable what) {
        return Arrays.stream(what.getParameterTypes()).allMatch(parameter -> parameter == Machine.class);
    }

    /** Methods of a class and of those that it extends, these first. */
    private static Collection<Method> methods(Class<?> type) {
        Deque<Class<?>> line = new ArrayDeque<>();
        for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
            line.push(each);
        }
        return line.stream().flatMap(each -> Arrays.stream(each.getDeclaredMethods())).filter(each ->
            !each.isSynthetic()).toList();
    }

    private Optional<MachineTest> real() {
        MachineTest own = method.getAnnotation(MachineTest.class);
        return Optional.ofNullable(own != null ? own : type.getAnnotation(MachineTest.class));
    }

    @Override
    public boolean executesInstances() {
        return real().map(MachineTest::exec).orElse(true);
    }

    @Override
    public void run(ScriptedMachine machine) throws Exception {
        SimulatedRun run = new SimulatedRun(machine, Duration.ofSeconds(real().map(MachineTest::timeoutSeconds)
            .orElse(DEFAULT_SECONDS)));
        if (executesInstances()) {
            run.awaitUp();
        }
        try {
            Constructor<?> maker = type.getDeclaredConstructors()[0];
            maker.setAccessible(true);
            Object test = maker.newInstance(machines(maker, run));
            callAll(BeforeEach.class, test, run);
            call(method, test, run);
            callAll(AfterEach.class, test, run);
        } catch (InvocationTargetException threw) {
            if (threw.getCause() instanceof Error error) {
                throw error;
            }
            if (threw.getCause() instanceof MachineTestException refused) {
                /* The simulator tells the line, and does not know that class. */
                throw new MachineException(refused.exitCode(), refused.getMessage(), refused);
            }
            if (!(threw.getCause() instanceof TestAbortedException)) {
                throw (Exception) threw.getCause();
            }
        }
    }

    private void callAll(Class<? extends Annotation> when, Object test, Machine machine)
        throws ReflectiveOperationException {
        for (Method each : methods(type)) {
            if (each.isAnnotationPresent(when)) {
                call(each, test, machine);
            }
        }
    }

    private static void call(Method each, Object test, Machine machine) throws ReflectiveOperationException {
        each.setAccessible(true);
        each.invoke(test, machines(each, machine));
    }

    private static Object[] machines(Executable what, Machine machine) {
        if (!takesMachines(what)) {
            throw new MachineTestException(ExitCode.USAGE, what + ": in the simulator all parameters are a "
                + "Machine; mark the test @NotSimulated");
        }
        return Collections.nCopies(what.getParameterCount(), machine).toArray();
    }

    /** What the simulator is to be told to run a test. */
    static List<String> words(Class<?> type, Method method) {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return List.of("--script", TestScript.class.getName() + "#" + type.getName() + "#" + method.getName(),
            "--script-path", path);
    }
}
