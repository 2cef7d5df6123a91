// SPDX-License-Identifier: Apache-2.0
package io.mkemu.module;

/** What has become of a life of an instance, as an {@link InstanceListener} is told. */
public enum InstanceChange {
    /** It can receive from now on. */
    ACTIVE,
    /** It has ended though nobody wanted that: its process was killed, its kernel panicked, its boot failed. */
    FAILED,
    /**
     * It has ended, or will in a moment, because somebody wanted it; or its instance was started again before this CPU
     * looked, so that nothing is known but that it is over.
     */
    GONE
}
