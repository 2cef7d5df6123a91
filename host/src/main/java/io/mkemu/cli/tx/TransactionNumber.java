// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.tx;

import io.mkemu.cli.type.Converter;

/** The number of a transaction on the command line: 7 or tx_7. */
final class TransactionNumber extends Converter<Integer> {
    @Override
    protected Integer read(String text) {
        String digits = text.startsWith("tx_") ? text.substring(3) : text;
        if (!digits.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("'" + text + "' is no transaction: expected its number, as 7 or tx_7");
        }
        return Integer.parseInt(digits);
    }
}
