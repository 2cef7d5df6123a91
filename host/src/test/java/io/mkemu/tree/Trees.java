// SPDX-License-Identifier: Apache-2.0
package io.mkemu.tree;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** A good tree that tests spoil or vary in one place. */
final class Trees {

    static final String GOOD = """
            /dts-v1/;
            / {
            \tcompatible = "multikernel-v1";
            \tmkemu,modules = "demo";
            \tmkemu,ipi-slots = <64>;
            \tresources {
            \t\tcpus = <0 1 2 0x3>;
            \t\tmemory-bytes = <0x20000000>; // 512 MiB
            \t};
            \tchosen { bootargs = "loglevel=7 \\"a b\\""; };
            \tinstances {
            \t\tweb: web-server {
            \t\t\tid = <1>;
            \t\t\tresources { cpus = <1>; memory-bytes = <0x4000000>; };
            \t\t\tchosen { bootargs = "idle=halt"; };
            \t\t\tmkemu,modules = "demo", "path/to/x.jar";
            \t\t};
            \t\t/* the second */
            \t\tdb {
            \t\t\tid = <7>;
            \t\t\tresources { cpus = /bits/ 64 <3 2>; memory-bytes = <0 (64 << 20)>; };
            \t\t};
            \t};
            };
            """;

    private Trees() {
    }

    static String with(String old, String replacement) {
        assertTrue(GOOD.contains(old), old);
        int at = GOOD.indexOf(old);
        return GOOD.substring(0, at) + replacement + GOOD.substring(at + old.length());
    }
}
