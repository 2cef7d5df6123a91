// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** What becomes of a region of a kernel's memory while it runs, as a {@link MemoryListener} is told. */
public enum MemoryChange {
    /** It is there: {@link Kernel#instanceAlloc} uses it from now on. */
    ADDED,
    /**
     * It is to go. Nothing new is allocated in it. Who has something there frees it now, and closes its windows on it,
     * or says why it cannot: it stays then. {@link #REMOVED} or {@link #STAYS} follows.
     */
    REMOVING,
    /** It is gone, and may be another instance's. */
    REMOVED,
    /** It was to go, and stays: somebody did not agree or had something in it, or the host waited no longer. */
    STAYS
}
