// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import io.mkemu.journal.EventName;
import java.util.ArrayList;
import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Names of events on the command line. */
final class EventNames implements ITypeConverter<EventName> {
    /** For help texts and completion. */
    static final class Candidates extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Candidates() {
            super(Arrays.stream(EventName.values()).map(EventName::label).toList());
        }
    }

    @Override
    public EventName convert(String text) {
        try {
            return EventName.of(text);
        } catch (IllegalArgumentException none) {
            throw new TypeConversionException(none.getMessage());
        }
    }
}
