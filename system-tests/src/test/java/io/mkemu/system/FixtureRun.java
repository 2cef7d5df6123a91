// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * What came of a test class that another test runs by JUnit, with two threads.
 *
 * @param passed   how many tests passed
 * @param failures what tests, or the class itself, failed with
 */
record FixtureRun(long passed, List<Throwable> failures) {
    static FixtureRun of(Class<?> fixture) {
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(fixture))
            .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
            .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
            .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2")
            .build(), listener);
        TestExecutionSummary summary = listener.getSummary();
        return new FixtureRun(summary.getTestsSucceededCount(),
            summary.getFailures().stream().map(TestExecutionSummary.Failure::getException).toList());
    }

    @Override
    public String toString() {
        StringWriter text = new StringWriter();
        text.append(passed + " passed");
        failures.forEach(failure -> failure.printStackTrace(new PrintWriter(text.append('\n'), true)));
        return text.toString();
    }
}
