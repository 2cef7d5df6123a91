// SPDX-License-Identifier: Apache-2.0
package io.mkemu.live.web;

import java.io.IOException;

/** The user's browser. Stateless; any thread. */
final class Browser {
    private static final String OPENER = "xdg-open";

    private Browser() {
    }

    /** Opens an address; if that cannot be done says so in a line on stderr. */
    static void open(String address) {
        try {
            Process opener = new ProcessBuilder(OPENER, address).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            opener.getOutputStream().close();
            opener.onExit().thenAccept(ended -> {
                if (ended.exitValue() != 0) {
                    notOpened("it ended with " + ended.exitValue());
                }
            });
        } catch (IOException missing) {
            notOpened(missing.getMessage());
        }
    }

    private static void notOpened(String why) {
        System.err.println("mk: " + OPENER + " opened no browser (" + why + "): open the address above in one");
    }
}
