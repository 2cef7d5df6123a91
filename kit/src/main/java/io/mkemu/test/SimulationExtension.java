// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What {@link SimulatedMachine} does. */
final class SimulationExtension implements BeforeAllCallback, BeforeEachCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Class<?> test = context.getRequiredTestClass();
        simulate(test.getAnnotation(SimulatedMachine.class), test);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        simulate(context.getRequiredTestMethod().getAnnotation(SimulatedMachine.class),
            context.getRequiredTestClass());
    }

    private static void simulate(SimulatedMachine wanted, Class<?> test) {
        if (wanted == null) {
            return;
        }
        MachineTest real = test.getAnnotation(MachineTest.class);
        if (wanted.value().isEmpty() && real == null) {
            throw new MachineTestException(ExitCode.USAGE, "@SimulatedMachine names no tree, and " + test.getName()
                + " has no @MachineTest: @SimulatedMachine(\"FILE.dts\")");
        }
        List<String> words = new ArrayList<>(List.of("simulate",
            TestTree.find(wanted.value().isEmpty() ? real.value() : wanted.value(), test).toString(),
            "--runs", Integer.toString(wanted.runs()), "--seed", Long.toString(wanted.seed()),
            "--strategy", wanted.strategy()));
        if (!wanted.faults().isEmpty()) {
            words.addAll(List.of("--faults", wanted.faults()));
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
