// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.trace;

import io.mkemu.journal.event.EventName;
import java.util.ArrayList;

/** Names of events, for help texts and completion. */
final class EventNames extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    EventNames() {
        for (EventName name : EventName.values()) {
            add(name.label());
        }
    }
}
