// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.cli;

import io.mkemu.bench.run.Comparison;
import io.mkemu.bench.run.Contender;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The names that can be measured. */
final class Names implements Iterable<String> {
    /** All names, for picocli. */
    @Override
    public Iterator<String> iterator() {
        return all().iterator();
    }

    static List<String> all() {
        List<String> names = new ArrayList<>(Contender.all().stream().map(Contender::name).toList());
        Stream.of(Comparison.values()).map(Comparison::label).forEach(names::add);
        return names;
    }

    /**
     * The names that the user wants.
     *
     * @param wanted names, or what names begin with up to a '-'; null: all
     */
    static List<String> select(List<String> wanted, CommandLine command) {
        if (wanted == null) {
            return all();
        }
        List<String> selected = new ArrayList<>();
        for (String word : wanted) {
            List<String> these = all().stream().filter(name -> name.equals(word) || name.startsWith(word + "-"))
                .toList();
            if (these.isEmpty()) {
                throw new ParameterException(command, "--only " + word + " is none of " + String.join(", ", all()));
            }
            selected.addAll(these);
        }
        return selected;
    }
}
