// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.util.List;
import java.util.Random;

/**
 * Any verb for any of three instances, in any state.
 *
 * @param request as it goes over the socket
 * @param line    as it is typed
 */
record RandomVerb(String request, List<Object> line) {
    static final List<String> NAMES = List.of("a", "b", "c");

    static RandomVerb next(Random random) {
        int index = random.nextInt(NAMES.size());
        String name = NAMES.get(index);
        /* Mostly its own CPU, sometimes perhaps another's. */
        int cpu = 1 + (random.nextInt(4) == 0 ? random.nextInt(NAMES.size()) : index);
        String names = "'names':['" + name + "']}";
        return switch (random.nextInt(18)) {
            case 0, 1, 2 -> of("{'verb':'create','name':'" + name + "','cpus':[" + cpu + "],'memory':4194304}",
                "create", name, "--cpus", cpu, "--memory", "4M");
            case 3, 4, 5 -> of("{'verb':'load','name':'" + name + "','modules':['echo'],'cmdline':'idle=halt'}",
                "load", name, "--modules", "echo", "--cmdline", "idle=halt");
            case 6, 7 -> of("{'verb':'exec','timeoutMillis':20000," + names, "exec", name, "--timeout", "20");
            case 8, 9 -> of("{'verb':'kill','timeoutMillis':20000," + names, "kill", name, "--timeout", "20");
            case 10 -> of("{'verb':'kill','force':true," + names, "kill", "-f", name);
            case 11, 12 -> of("{'verb':'unload'," + names, "unload", name);
            case 13, 14, 15 -> of("{'verb':'delete'," + names, "delete", name);
            case 16 -> of("{'verb':'update','name':'" + name + "','cpus':[" + cpu + "],'memory':8388608}", "update",
                name, "--cpus", cpu, "--memory", "8M");
            default -> of("{'verb':'show'}", "show");
        };
    }

    private static RandomVerb of(String request, Object... line) {
        return new RandomVerb(request.replace('\'', '"'), List.of(line));
    }
}
