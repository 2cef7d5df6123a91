// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.report;

/** What every HTML page needs. */
final class Html {
    private Html() {
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
