// SPDX-License-Identifier: Apache-2.0
package io.mkemu.message;

import io.mkemu.abi.RamLayout;
import io.mkemu.ipi.MkIpiData;
import java.util.Arrays;

/** The sessions of all clients. A client has one from its first request on; a dead one's is used again. */
final class Sessions {
    private static final int MOST = 0xffff;

    private Session[] all = new Session[4];
    private int count;
    private Session[] ofCpu = new Session[64];

    /** The session that a ticket was made for; null if there is none of that number. */
    Session of(long ticket) {
        int number = Session.numberOf(ticket);
        return number < 1 || number > count ? null : all[number - 1];
    }

    /** The session of whoever has sent a message; null if that is not known, or has ended since. */
    Session of(MkIpiData data, int itsClient) {
        int sender = data.senderCpu();
        int instance = data.senderInstance();
        long life = data.senderLife();
        if (sender < 0 || sender >= RamLayout.MAX_CPUS || instance < 0 || life == 0) {
            return null;
        }
        if (sender >= ofCpu.length) {
            ofCpu = Arrays.copyOf(ofCpu, Math.max(sender + 1, 2 * ofCpu.length));
        }
        Session over = null;
        for (Session each = ofCpu[sender]; each != null; each = each.next()) {
            if (each.isOf(itsClient, instance, life)) {
                return each;
            }
            if (each.isOver(instance, life)) {
                over = each;
            } else if (each.life() > life) {
                return null;
            }
        }
        Session its = over == null ? add(sender) : over;
        if (its != null) {
            its.becomes(itsClient, instance, life);
        }
        return its;
    }

    private Session add(int senderCpu) {
        if (count == MOST) {
            return null;
        }
        if (count == all.length) {
            all = Arrays.copyOf(all, 2 * count);
        }
        Session made = new Session(count + 1, senderCpu, ofCpu[senderCpu]);
        all[count++] = made;
        ofCpu[senderCpu] = made;
        return made;
    }
}
