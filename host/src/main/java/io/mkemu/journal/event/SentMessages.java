// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal.event;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known of messages that were sent and whose delivery has not been seen, by message id. Of more than it may
 * keep it gives up those that were sent first: they are lost, or nobody takes them. Not thread-safe.
 *
 * @param <V> what is known
 */
public final class SentMessages<V> {
    private final Map<Long, V> sent;

    /** At most so many. */
    public SentMessages(int most) {
        sent = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, V> eldest) {
                return size() > most;
            }
        };
    }

    /** It was sent. */
    public void put(long id, V what) {
        sent.put(id, what);
    }

    /** It was delivered: what is known of it, or null. */
    public V take(long id) {
        return sent.remove(id);
    }
}
