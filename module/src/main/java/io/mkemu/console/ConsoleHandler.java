// SPDX-License-Identifier: Apache-2.0
package io.mkemu.console;

/** Is told that there is something to do at a console. */
@FunctionalInterface
public interface ConsoleHandler {
    /**
     * Somebody has attached, typed, read or gone; or nothing of it: look. Runs on the CPU that opened the console,
     * between interrupts and tasks; what it throws is logged.
     *
     * @param console the console
     */
    void onConsole(Console console);
}
