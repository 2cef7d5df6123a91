// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.run;

/** A contender cannot be measured; one line that names it and says why. The others can. */
final class BenchException extends Exception {
    private static final long serialVersionUID = 1L;

    BenchException(String message) {
        super(message);
    }
}
