// SPDX-License-Identifier: Apache-2.0
package io.mkemu.doctor;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks at everything around mkemu that decides whether a machine can run here, and how well: one finding for each
 * check, in a fixed order. It changes nothing; a file of 32 bytes that it makes where machines lie is removed again.
 *
 * <p>Not to be called from a thread that must not wait: it asks a Docker daemon. A check that cannot look says so in
 * its finding; no method throws.
 */
public final class Doctor {
    private Doctor() {
    }

    /**
     * Looks.
     *
     * @param place where machines lie, see {@link io.mkemu.machine.MachineDirectory#base()}
     */
    public static List<Finding> examine(Path place) {
        List<Finding> findings = new ArrayList<>();
        findings.add(SystemChecks.jdk());
        findings.addAll(PlaceChecks.of(place));
        findings.addAll(LimitChecks.own());
        findings.add(SystemChecks.cpus());
        findings.add(SystemChecks.scheduler());
        findings.add(SystemChecks.locale());
        findings.add(SystemChecks.seccomp());
        findings.addAll(SystemChecks.clock());
        findings.addAll(ToolChecks.of(System.getenv("PATH")));
        return findings;
    }

    /** Whether a machine can run: no finding is a problem. */
    public static boolean canRun(List<Finding> findings) {
        return findings.stream().noneMatch(finding -> finding.level() == Finding.Level.PROBLEM);
    }
}
