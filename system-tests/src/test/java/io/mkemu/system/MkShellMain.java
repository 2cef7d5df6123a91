// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mkemu.cli.Main;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The JVM behind {@link MkShell}: on stdin a command line a line, an array of words; on stdout what came of it, a line
 * {@code {"code":N,"out":TEXT,"err":TEXT}}. Ends with its input.
 */
final class MkShellMain {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private MkShellMain() {
    }

    public static void main(String[] args) throws IOException {
        PrintStream answers = System.out;
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int code = Main.execute(MAPPER.readValue(line, String[].class));
            System.out.flush();
            System.err.flush();
            answers.println(MAPPER.createObjectNode().put("code", code).put("out", out.toString(StandardCharsets.UTF_8))
                .put("err", err.toString(StandardCharsets.UTF_8)));
        }
        System.exit(0);
    }
}
