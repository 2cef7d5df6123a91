// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The AOT caches beside a distribution, which scripts/lib/aot.sh makes: a JVM that starts from one is up in half the
 * time. One is used only if it was made of the very files that are there now; JDK 25 does not look by itself. Without
 * one, all works the same, slower. Any thread.
 */
public final class AotCache {
    /** System property of a process that is run to make caches: the directory the records are written to. */
    private static final String RECORD_PROPERTY = "mkemu.aot.record";

    /** Options that a JVM refuses to start with beside a cache. */
    private static final Pattern RIVALS = Pattern.compile("AOT|Archive|LoadedClassList|SharedClassList|Xshare");
    private static final List<String> OPTION_VARIABLES =
        List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    private AotCache() {
    }

    /** Whether what is started now is run for the caches' sake. */
    static boolean isRecording() {
        return System.getProperty(RECORD_PROPERTY) != null;
    }

    /** From now on what this process starts is not run for the caches' sake. */
    public static void endRecording() {
        System.clearProperty(RECORD_PROPERTY);
    }

    /**
     * The options for a JVM that this process is about to start with its own JDK and environment.
     *
     * @param home the distribution
     * @param name of the cache: {@code instance}, or {@code host} for what has the command line's class path
     * @return empty if there is no such cache, or none that can be used
     */
    public static List<String> options(Path home, String name) {
        if (isRecording()) {
            String record = System.getProperty(RECORD_PROPERTY);
            return List.of("-XX:AOTMode=record", "-XX:AOTConfiguration=" + Path.of(record, name + ".conf"));
        }
        Path distribution = home.toAbsolutePath();
        Path jdk = Path.of(System.getProperty("java.home"));
        Path directory = distribution.resolve("aot").resolve(jdk.toString().substring(1).replace('/', '-'));
        Path cache = directory.resolve(name + ".aot");
        boolean usable = Files.isReadable(cache) && OPTION_VARIABLES.stream().map(System::getenv)
            .noneMatch(options -> options != null && RIVALS.matcher(options).find());
        return usable && isMadeOf(directory, jdk, distribution) ? List.of("-XX:AOTCache=" + cache) : List.of();
    }

    /** As aot_made_of in scripts/lib/aot.sh. */
    private static boolean isMadeOf(Path directory, Path jdk, Path distribution) {
        List<Path> files = new ArrayList<>(List.of(jdk.resolve("lib/modules"), distribution.resolve("host.options"),
            distribution.resolve("instance.options"), distribution.resolve("jvm.options"),
            distribution.resolve("verbs.options")));
        try {
            for (String part : List.of("lib/host", "lib/instance")) {
                try (DirectoryStream<Path> jars = Files.newDirectoryStream(distribution.resolve(part), "*.jar")) {
                    List<Path> sorted = new ArrayList<>();
                    jars.forEach(sorted::add);
                    sorted.sort(null);
                    files.addAll(sorted);
                }
            }
            StringBuilder madeOf = new StringBuilder();
            for (Path file : files) {
                madeOf.append(file).append(' ').append(Files.size(file)).append(' ')
                    .append(Files.getLastModifiedTime(file).to(TimeUnit.SECONDS)).append('\n');
            }
            return madeOf.toString().equals(Files.readString(directory.resolve("made-of")));
        } catch (IOException unreadable) {
            /* As good as no cache: nobody needs one. */
            return false;
        }
    }
}
