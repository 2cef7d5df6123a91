// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.cli.type.Converter;
import io.mkemu.journal.event.EventName;
import java.util.ArrayList;

/** Names of events on the command line. */
final class EventNames extends Converter<EventName> {
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
    protected EventName read(String text) {
        return EventName.of(text);
    }
}
