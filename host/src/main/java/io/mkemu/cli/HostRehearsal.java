// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import io.mkemu.host.life.AotCache;
import java.nio.file.Path;
import java.util.List;

/**
 * Does in one JVM what the JVMs do that start from the hosts' AOT cache: a demo, a machine of a tree, its journal
 * printed and run again, and at last a host in the background, for {@link Rehearsal}, which ends it. scripts/lib/aot.sh
 * records this JVM: a class that the cache lacks costs a host the opening of all its jars.
 */
public final class HostRehearsal {
    private static final String REPLAYED = "web-server";

    private HostRehearsal() {
    }

    /**
     * The arguments are the machine's name, a directory for journals, and the file of a tree with an instance
     * web-server. Exits with the code of the demo or, if that is 0, of the host.
     */
    public static void main(String[] args) {
        String machine = args[0];
        Path journals = Path.of(args[1]);
        String recorded = journals.resolve("run").toString();
        /* Of the demo alone, whose kernels run as those of machines do, the profiles of instances are made. */
        int code = execute(List.of("demo", "--instances", "1", "--messages", "1000", "--machine", machine, "--json",
            "--journal", journals.resolve("demo").toString()));
        AotCache.endRecording();
        for (List<String> words : List.of(
            List.of("run", args[2], "--machine", machine, "--trace", "all", "--journal", recorded),
            List.of("trace", recorded),
            List.of("trace", "--json", recorded),
            List.of("replay", "--instance", REPLAYED, recorded))) {
            execute(words);
        }
        int ended = execute(List.of("host", "--background", "--machine", machine, "--cpus", "0-1", "--memory", "8M"));
        System.exit(code == ExitCode.OK.code() ? ended : code);
    }

    private static int execute(List<String> words) {
        return Main.execute(words.toArray(String[]::new));
    }
}
