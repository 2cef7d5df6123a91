// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli;

import java.util.concurrent.Callable;

/**
 * A command of {@code mk} that comes in a jar of its own: the class path names it for ServiceLoader. Its class carries
 * picocli's annotations and has a public constructor without arguments. It is called on the main thread and returns the
 * exit code; exceptions are told as those of mk's own commands.
 */
public interface FurtherCommand extends Callable<Integer> {
}
