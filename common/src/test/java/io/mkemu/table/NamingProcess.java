// SPDX-License-Identifier: Apache-2.0
package io.mkemu.table;

import io.mkemu.abi.InstanceState;
import io.mkemu.machine.MappedMachine;
import io.mkemu.table.TypeNames.TypeName;
import io.mkemu.testkit.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A kernel that names types as fast as it can, life after life, and may be killed at any moment. */
final class NamingProcess {
    /** The instance that it is. */
    static final int ID = 1;
    private static final int LONGEST = 60;
    private static final int LIKE = 64;
    private static final int LIVES = 1_000_000;

    private NamingProcess() {
    }

    /** The n-th type of a life, and its name: each byte of it tells the life. */
    static TypeName name(long life, int n) {
        int age = (int) (life % LIVES);
        char letter = (char) ('a' + age % 26);
        /* Lives one behind the other have their records in the same places, as a rule: so they can be mistaken. */
        int length = 4 + age / LIKE % LONGEST;
        return new TypeName(age * 1000 + n, String.valueOf(letter).repeat(length));
    }

    /** What is wrong with names that were read at a time: they are the first ones of a life, all whole, or "". */
    static String wrong(List<TypeName> seen) {
        long life = seen.isEmpty() ? 0 : seen.getFirst().type() / 1000;
        for (int n = 0; n < seen.size(); n++) {
            if (!seen.get(n).equals(name(life, n))) {
                return seen + " of life " + life;
            }
        }
        return "";
    }

    public static void main(String[] args) throws IOException {
        ChildJvm.endWithParent();
        InstanceEntry entry = MappedMachine.open(Path.of(args[0])).instances().entry(ID);
        System.out.println("up");
        while (true) {
            entry.forgetLife();
            entry.newLife(InstanceState.LOADED);
            long life = entry.life();
            for (int n = 0; entry.typeNames().name(name(life, n).type(), name(life, n).name()) == 0; n++) {
                Thread.onSpinWait();
            }
        }
    }
}
