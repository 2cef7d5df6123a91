// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.ExitCode;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the short verbs one after the other in one JVM, on a machine that is up, whose host ends with the last of them.
 * scripts/lib/aot.sh records this JVM and makes the verbs' AOT cache of what it has loaded: a JVM can be recorded only
 * as a whole, and a single verb would load too little. One thread. A verb that fails is told as always; the others run
 * all the same, so that the machine does not stay.
 */
public final class Rehearsal {
    private static final List<String> VERBS = List.of("list", "list --json", "show", "show -v", "show --json",
        "dmesg", "dmesg --json", "interrupts", "iomem", "create rehearsal --cpus 1 --memory 4M",
        "load rehearsal --module echo", "exec rehearsal", "pause rehearsal",
        "continue rehearsal", "kill rehearsal", "unload rehearsal", "delete rehearsal",
        "shutdown");

    private Rehearsal() {
    }

    /** The argument is the machine's name. Exits with the code of the first verb that failed. */
    public static void main(String[] args) {
        int code = ExitCode.OK.code();
        for (String verb : VERBS) {
            List<String> words = new ArrayList<>(List.of(verb.split(" ")));
            if (!words.getFirst().equals("list")) {
                words.addAll(List.of("--machine", args[0]));
            }
            int ended = Main.execute(words.toArray(String[]::new));
            code = code == ExitCode.OK.code() ? ended : code;
        }
        System.exit(code);
    }
}
