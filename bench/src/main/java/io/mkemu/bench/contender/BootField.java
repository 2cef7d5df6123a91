// SPDX-License-Identifier: Apache-2.0
package io.mkemu.bench.contender;

/** What is told of an instance that has booted: the steps of its boot in us, and its memory in KiB. */
public enum BootField {
    /** The host has started the process. */
    FORK("fork", "fork"),
    /** The JVM runs main. */
    JVM("jvm", "jvm"),
    /** The RAM is mapped; the first native calls are in this step. */
    MAP("map", "map"),
    /** The CPU runs, pinned. */
    PIN("pin", "pin"),
    /** The modules are set up. */
    MODULES("modules", "modules"),
    /** VmRSS: all that is in memory and mapped by the process, shared or not. */
    RESIDENT("resident", "VmRSS"),
    /** RssAnon: of that, what no file is behind: private to the process. */
    ANONYMOUS("anonymous", "RssAnon"),
    /** RssFile: pages of files: libjvm, the AOT cache; in memory once, however many processes map them. */
    FILES("files", "RssFile"),
    /** RssShmem: pages of the machine's RAM. */
    RAM("RAM", "RssShmem"),
    /** Pss: a page that n processes map counts as 1/n of a page. */
    PROPORTIONAL("proportional", "Pss");

    private final String label;
    private final String source;

    BootField(String label, String source) {
        this.label = label;
        this.source = source;
    }

    /** As mkemu or the operating system names it. */
    public String source() {
        return source;
    }

    /** As the report has it. */
    public String label() {
        return label;
    }

    /** Whether it is memory in KiB, not a step in us. */
    public boolean isMemory() {
        return ordinal() >= RESIDENT.ordinal();
    }
}
