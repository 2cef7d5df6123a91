// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system.modules;

/** A class that is no module. */
public final class NoModule {
}
