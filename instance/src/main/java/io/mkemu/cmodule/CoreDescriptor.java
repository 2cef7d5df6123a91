// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cmodule;

/**
 * The structures that lie between this JVM, the core in C and a module, as {@code mkemu_core.h} and
 * {@code mkemu_kmod.h} have them: all of their fields are of 32 or 64 bits, or bytes.
 *
 * <pre>
 * struct module           0       8         12        16
 *                        +-------+---------+---------+--
 *                        | magic | version | machine | what the core reads
 *                        +-------+---------+---------+--
 * mkemu_core_instance     0    4       8      12          16         80
 *                        +----+-------+------+-----------+----------+
 *                        | id | state | cpus | first_cpu | name[64] |
 *                        +----+-------+------+-----------+----------+
 * mkemu_core_cpu          0           4            8                 12
 *                        +-----------+------------+-----------------+
 *                        | attention | sender_cpu | sender_instance |
 *                        +-----------+------------+-----------------+
 * mkemu_core_message      is struct mk_ipi_data: io.mkemu.abi.MkIpiDataDescriptor
 * mkemu_host              self, then a pointer for each of HostCalls.NAMES
 * </pre>
 */
final class CoreDescriptor {
    /** MKEMU_CORE_ABI. */
    static final int CORE_ABI = 5;
    /** MKEMU_KMOD_SYMBOL. */
    static final String MODULE_SYMBOL = "mkemu_kmod";
    /** MKEMU_KMOD_MAGIC. */
    static final long MODULE_MAGIC = 0x646f_6d6b_756d_656bL;
    /** MKEMU_KMOD_VERSION: the version of the table of calls that this mkemu has. */
    static final int MODULE_VERSION = 2;
    /** MKEMU_KMOD_OLDEST. */
    static final int MODULE_OLDEST = 1;
    /** u64. */
    static final int MODULE_MAGIC_OFFSET = 0;
    /** u32. */
    static final int MODULE_VERSION_OFFSET = 8;
    /** Bytes of a module's structure that are looked at before it is loaded. */
    static final int MODULE_HEAD_LENGTH = 16;

    /** i32. */
    static final int INSTANCE_ID_OFFSET = 0;
    /** i32. */
    static final int INSTANCE_STATE_OFFSET = 4;
    /** u32. */
    static final int INSTANCE_CPUS_OFFSET = 8;
    /** i32. */
    static final int INSTANCE_FIRST_CPU_OFFSET = 12;
    /** Closed by NUL. */
    static final int INSTANCE_NAME_OFFSET = 16;
    /** Bytes of the name. */
    static final int INSTANCE_NAME_LENGTH = 64;
    /** Bytes of the struct. */
    static final int INSTANCE_LENGTH = INSTANCE_NAME_OFFSET + INSTANCE_NAME_LENGTH;

    /** u32, volatile. */
    static final int CPU_ATTENTION_OFFSET = 0;
    /** i32. */
    static final int CPU_SENDER_CPU_OFFSET = 4;
    /** i32. */
    static final int CPU_SENDER_INSTANCE_OFFSET = 8;
    /** In who has sent a message: its life, above the instance. */
    static final int SENDER_LIFE_SHIFT = 8;
    /** Bytes of the struct. */
    static final int CPU_LENGTH = 12;

    private CoreDescriptor() {
    }
}
