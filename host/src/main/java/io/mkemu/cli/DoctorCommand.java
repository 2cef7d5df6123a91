// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.doctor.Doctor;
import io.mkemu.doctor.Finding;
import io.mkemu.json.Json;
import io.mkemu.machine.MachineDirectory;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mk doctor}: what this system offers to a machine, and what is in its way. */
@Command(name = "doctor", mixinStandardHelpOptions = true,
    header = "Looks whether a machine can run here.", description = {
    "Looks at JDK, place of the machines, limits, control groups, CPUs, scheduler, locale, system call filter, clock, "
        + "Docker and C compiler. One line for each: ok, warning (it works, but ...) or problem (no machine can run), "
        + "with what to do. Makes no machine.",
    "Exit code 0: a machine can run here; 5: it cannot."},
    footer = {"", "Example: mk doctor --json"})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print one JSON object {ok, version, checks: [{check, level, found, "
        + "remedy}]} and nothing else on stdout.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        List<Finding> findings = Doctor.examine(MachineDirectory.base());
        boolean ok = Doctor.canRun(findings);
        String version = new Version().getVersion()[0];
        if (json) {
            ObjectNode all = Json.object().put("ok", ok).put("version", version);
            ArrayNode checks = all.putArray("checks");
            findings.forEach(finding -> checks.addObject().put("check", finding.check())
                .put("level", finding.level().label()).put("found", finding.found()).put("remedy", finding.remedy()));
            System.out.println(Json.text(all));
        } else {
            System.out.println(version);
            findings.forEach(finding -> System.out.println(line(finding)));
            System.out.println(ok ? "a machine can run here" : "no machine can run here: see the lines with problem");
        }
        return (ok ? ExitCode.OK : ExitCode.RESOURCES).code();
    }

    private static String line(Finding finding) {
        return String.format(Locale.ROOT, "%-8s %-13s %s%s", finding.level().label(), finding.check(), finding.found(),
            finding.remedy() == null ? "" : "; " + finding.remedy());
    }
}
