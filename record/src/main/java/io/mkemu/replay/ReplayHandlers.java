// SPDX-License-Identifier: Apache-2.0
package io.mkemu.replay;

import io.mkemu.module.IpiCallback;
import io.mkemu.module.IpiHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The handlers of a replayed kernel. Used by the CPU whose turn it is. */
final class ReplayHandlers {
    /** A registered callback. */
    static final class Handler implements IpiHandler {
        private final IpiCallback callback;
        private final Object context;
        private final int type;
        private final int number;
        private final ReplayKernel owner;
        private boolean registered = true;

        Handler(IpiCallback callback, Object context, int type, int number, ReplayKernel owner) {
            this.callback = callback;
            this.context = context;
            this.type = type;
            this.number = number;
            this.owner = owner;
        }

        @Override
        public int type() {
            return type;
        }

        /** Its number among the handlers of its type, in the order they were registered, from 0. */
        int number() {
            return number;
        }

        boolean isRegistered() {
            return registered;
        }

        IpiCallback callback() {
            return callback;
        }

        Object context() {
            return context;
        }

        String text() {
            return "handler " + number + " of type 0x" + Integer.toHexString(type) + " (module " + owner.name() + ")";
        }
    }

    private final Map<Integer, List<Handler>> byType = new HashMap<>();
    private final Map<Integer, Integer> registrations = new HashMap<>();

    Handler register(IpiCallback callback, Object context, int type, ReplayKernel owner) {
        Handler handler =
            new Handler(callback, context, type, registrations.merge(type, 1, Integer::sum) - 1, owner);
        byType.computeIfAbsent(type, none -> new ArrayList<>()).add(handler);
        return handler;
    }

    void unregister(Handler handler) {
        if (handler.registered) {
            handler.registered = false;
            byType.get(handler.type).remove(handler);
        }
    }

    void unregisterAll(ReplayKernel owner) {
        for (List<Handler> handlers : byType.values()) {
            for (Handler handler : List.copyOf(handlers)) {
                if (handler.owner == owner) {
                    unregister(handler);
                }
            }
        }
    }

    /** The handlers of a type, oldest first, as they are now. */
    List<Handler> of(int type) {
        return List.copyOf(byType.getOrDefault(type, List.of()));
    }

    /** One of them by its number, or null. */
    Handler find(int type, long number) {
        for (Handler handler : byType.getOrDefault(type, List.of())) {
            if (handler.number == number) {
                return handler;
            }
        }
        return null;
    }
}
