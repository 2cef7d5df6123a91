// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host.life;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExternalProcessTest {
    @Test
    void plainWordsStayAsTheyAre() {
        assertEquals("/dev/shm/m 1 idle=halt", ExternalProcess.quote(List.of("/dev/shm/m", "1", "idle=halt")));
    }

    @Test
    void aShellTakesTheLineApartAsItWasPut() throws Exception {
        List<String> words = List.of("a b", "", "it's", "\"q\"", "$HOME `id` *", "mkemu,x=1 y=\\", "\u00e9;&|<>", "#");
        Process shell = new ProcessBuilder("sh", "-c", "printf '%s\\0' " + ExternalProcess.quote(words)).start();
        String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, shell.waitFor());
        assertEquals(words, new ArrayList<>(List.of(said.split("\0", -1))).subList(0, words.size()));
    }
}
