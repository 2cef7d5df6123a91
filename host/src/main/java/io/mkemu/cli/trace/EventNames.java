// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.journal.event.EventName;
import java.util.ArrayList;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Names of events on the command line. */
final class EventNames implements ITypeConverter<EventName> {
    /** For help texts and completion. */
    static final class Candidates extends ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Candidates() {
            /* No lambda here: JDK 25 crashes when it makes an AOT cache with the lambda of a class whose host, like
               EventNames, has only been loaded. */
            for (EventName name : EventName.values()) {
                add(name.label());
            }
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
