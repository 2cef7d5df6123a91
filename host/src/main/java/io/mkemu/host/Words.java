// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import java.util.ArrayList;
import java.util.List;

/**
 * The words of a variable that holds options, as jvm_options in scripts/lib/jvm.sh takes them apart: blanks and line
 * ends part words, single and double quotes keep them together, and a backslash outside of quotes takes the next
 * character as it is. Stateless; any thread.
 */
public final class Words {
    private Words() {
    }

    /**
     * Takes a variable's value apart.
     *
     * @param variable for the message
     * @param text     may be null: no words
     * @throws MachineException with USAGE if a quote is not closed
     */
    public static List<String> of(String variable, String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean begun = false;
        int quote = 0;
        for (int at = 0; text != null && at < text.length(); at++) {
            char letter = text.charAt(at);
            boolean escapes = quote == 0 && letter == '\\' && at + 1 < text.length();
            if (quote != 0 ? letter == quote : letter == '"' || letter == '\'') {
                quote = quote == 0 ? letter : 0;
                begun = true;
            } else if (quote == 0 && (letter == ' ' || letter == '\t' || letter == '\n')) {
                if (begun) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                begun = false;
            } else {
                at += escapes ? 1 : 0;
                word.append(text.charAt(at));
                begun = true;
            }
        }
        if (quote != 0) {
            throw new MachineException(ExitCode.USAGE, variable + "=" + text + ": a quote is not closed: close it");
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }
}
