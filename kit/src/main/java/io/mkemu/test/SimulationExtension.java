// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/** What {@link SimulatedMachine} does. */
final class SimulationExtension implements BeforeAllCallback, BeforeEachCallback, InvocationInterceptor,
    ParameterResolver {
    @Override
    public void beforeAll(ExtensionContext context) {
        Class<?> test = context.getRequiredTestClass();
        SimulatedMachine wanted = test.getAnnotation(SimulatedMachine.class);
        if (wanted != null) {
            simulate(wanted, test, null);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Class<?> test = context.getRequiredTestClass();
        Method method = context.getRequiredTestMethod();
        SimulatedMachine own = method.getAnnotation(SimulatedMachine.class);
        SimulatedMachine wanted = own != null ? own : test.getAnnotation(SimulatedMachine.class);
        boolean isScript = hasMachine(method) && !method.isAnnotationPresent(NotSimulated.class);
        if (own != null || isScript) {
            simulate(wanted, test, isScript ? method : null);
        }
    }

    private static boolean hasMachine(Method method) {
        return Arrays.asList(method.getParameterTypes()).contains(Machine.class);
    }

    /** Whether a test has a real machine too. */
    private static boolean isReal(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(MachineTest.class)
            || context.getRequiredTestClass().isAnnotationPresent(MachineTest.class);
    }

    /* A test without a real machine has run when the simulator has run it. */
    @Override
    public void interceptTestMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> method,
        ExtensionContext context) throws Throwable {
        if (hasMachine(context.getRequiredTestMethod()) && !isReal(context)) {
            invocation.skip();
        } else {
            invocation.proceed();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Machine.class && context.getTestMethod().isPresent()
            && !isReal(context);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return null;
    }

    private static void simulate(SimulatedMachine wanted, Class<?> test, Method script) {
        MachineTest own = script == null ? null : script.getAnnotation(MachineTest.class);
        MachineTest real = own != null ? own : test.getAnnotation(MachineTest.class);
        if (wanted.value().isEmpty() && real == null) {
            throw new MachineTestException(ExitCode.USAGE, "@SimulatedMachine names no tree, and " + test.getName()
                + " has no @MachineTest: @SimulatedMachine(\"FILE.dts\")");
        }
        String tree = wanted.value().isEmpty() || own != null ? real.value() : wanted.value();
        List<String> words = new ArrayList<>(List.of("simulate", TestTree.find(tree, test).toString(),
            "--runs", Integer.toString(wanted.runs()), "--seed", Long.toString(wanted.seed()),
            "--strategy", wanted.strategy()));
        if (!wanted.faults().isEmpty()) {
            words.addAll(List.of("--faults", wanted.faults()));
        }
        if (script != null) {
            words.addAll(TestScript.words(test, script));
        }
        MkCall call = MkCall.run(words, Duration.ofSeconds(wanted.timeoutSeconds()));
        if (call.exitCode() == ExitCode.FAILED.code() && !call.out().isBlank()) {
            throw new AssertionError("a simulated run failed\n" + call.out().stripTrailing());
        }
        if (call.exitCode() != ExitCode.OK.code()) {
            throw call.refusal();
        }
    }
}
