// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.util.ArrayList;
import java.util.List;

/**
 * A module as a life ran it.
 *
 * @param path   of its file, or a built-in's name
 * @param digest SHA-256 of the file when the life began, as {@link ModuleDigests} gives it; "" if that is not known
 */
public record RecordedModule(String path, String digest) {
    /** Those that a LIFE record names; there may be fewer digests than names. */
    public static List<RecordedModule> of(List<String> modules, List<String> digests) {
        List<RecordedModule> all = new ArrayList<>();
        for (int module = 0; module < modules.size(); module++) {
            all.add(new RecordedModule(modules.get(module), module < digests.size() ? digests.get(module) : ""));
        }
        return List.copyOf(all);
    }
}
