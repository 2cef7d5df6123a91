// SPDX-License-Identifier: Apache-2.0
package io.mkemu.plan;

import io.mkemu.abi.TraceMode;
import io.mkemu.journal.JournalLimits;
import java.nio.file.Path;

/**
 * What of a machine is recorded, and where.
 *
 * @param directory of the journal, absolute; made if it is not there
 * @param limits    how much it keeps
 * @param mode      what is recorded from the beginning; null for what trace= on the host's command line says, else ipi
 */
public record JournalOptions(Path directory, JournalLimits limits, TraceMode mode) {
}
