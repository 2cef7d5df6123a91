// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which options of a JVM an instance may have, {@code mkemu,jvm-options} of the tree. What is listed here passes, and
 * nothing else does: an instance's JVM has options of mkemu's own, on which its kernel depends.
 */
public final class JvmOptions {
    /** What the documentation calls allowed: docs/device-tree.md. */
    private static final List<Pattern> ALLOWED = List.of(
        Pattern.compile("-X(ms|mx|mn|ss)\\d+[kKmMgGtT]?"),
        Pattern.compile("-X(int|comp|mixed)"),
        Pattern.compile("-Xlog(:.+)?|-verbose(:(class|gc|jni|module))?"),
        Pattern.compile("-(ea|da|enableassertions|disableassertions)(:.+)?"
            + "|-(esa|dsa|enablesystemassertions|disablesystemassertions)"),
        Pattern.compile("--add-(opens|exports|modules)=.+|--enable-preview"),
        Pattern.compile("-XX:(MaxHeapSize|InitialHeapSize|MinHeapSize|MaxRAM|MaxRAMPercentage|InitialRAMPercentage"
            + "|MaxMetaspaceSize|MetaspaceSize|CompressedClassSpaceSize|ReservedCodeCacheSize|ThreadStackSize"
            + "|MaxDirectMemorySize|NewSize|MaxNewSize|MaxGCPauseMillis|ParallelGCThreads|ConcGCThreads"
            + "|CICompilerCount|TieredStopAtLevel|NativeMemoryTracking|HeapDumpPath|StartFlightRecording"
            + "|FlightRecorderOptions)=.+"),
        Pattern.compile("-XX:[+-](HeapDumpOnOutOfMemoryError|ExitOnOutOfMemoryError|AlwaysPreTouch"
            + "|UseTransparentHugePages|TieredCompilation)"));
    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use(Serial|Parallel|G1|Z|Shenandoah)GC");
    /** Of mkemu, the JDK, and the libraries that an instance has. */
    private static final Pattern OWN_PROPERTY =
        Pattern.compile("-D(mkemu|java|javax|jdk|sun|os|user|file|agrona)\\..*");

    private record Reason(Pattern option, String why) {
    }

    private static final List<Reason> REASONS = List.of(
        new Reason(Pattern.compile("-cp|-classpath|--class-path.*|-jar|-m|--module(=.*)?|-p|--module-path.*"
            + "|--upgrade-module-path.*|--patch-module.*|[^-].*"),
            "mkemu gives an instance its class path and its main class; name jars in mkemu,modules"),
        new Reason(Pattern.compile("-agentlib:jdwp.*|-Xrunjdwp.*|-Xdebug"), "use mk exec --debug"),
        new Reason(Pattern.compile("-agent(lib|path):.*|-javaagent:.*"),
            "an agent runs before the kernel, and what it starts may outlive it"),
        new Reason(Pattern.compile("-XX:(OnError|OnOutOfMemoryError)=.*"), "it starts processes that mkemu does not "
            + "know"),
        new Reason(Pattern.compile("-XX:.*(AOT|Archive).*|-Xshare.*|-XX:ErrorFile=.*"), "mkemu sets it itself"));

    private JvmOptions() {
    }

    /** What is wrong with these options, in one line that names the first that is refused; null if nothing is. */
    public static String problem(List<String> options) {
        String collector = null;
        for (String option : options) {
            String why = problem(option);
            if (why == null && COLLECTOR.matcher(option).matches()) {
                why = collector == null || collector.equals(option) ? null : "there is " + collector + " too: name one";
                collector = option;
            }
            if (why != null) {
                return "'" + printable(option) + "' is no option that an instance's JVM may have: " + why;
            }
        }
        return null;
    }

    private static String printable(String option) {
        return option.replaceAll("\\p{Cntrl}", "?");
    }

    private static String problem(String option) {
        if (option.chars().anyMatch(Character::isISOControl)) {
            return "it holds a control character";
        }
        if (option.startsWith("@")) {
            return "a file could hold any other option; write its options here";
        }
        if (option.startsWith("-D")) {
            return OWN_PROPERTY.matcher(option).matches() ? "this property is not the user's to set"
                : option.matches("-D[^=]+(=.*)?") ? null : "expected -DNAME=VALUE";
        }
        if (COLLECTOR.matcher(option).matches()
            || ALLOWED.stream().anyMatch(allowed -> allowed.matcher(option).matches())) {
            return null;
        }
        return REASONS.stream().filter(reason -> reason.option().matcher(option).matches()).map(Reason::why).findFirst()
            .orElse("docs/device-tree.md lists those that it may");
    }

    /** The options as a command line has them behind mkemu's own. */
    public static List<String> arguments(List<String> options) {
        List<String> arguments = new ArrayList<>();
        for (String option : options) {
            if (COLLECTOR.matcher(option).matches()) {
                /* jvm.options names one, and a JVM refuses a second. */
                arguments.add("-XX:-UseSerialGC");
            }
            arguments.add(option);
        }
        return arguments;
    }
}
