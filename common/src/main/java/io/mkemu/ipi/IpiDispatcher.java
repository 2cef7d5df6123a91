// SPDX-License-Identifier: Apache-2.0
package io.mkemu.ipi;

/** Takes messages out of a mailbox to the handlers of their type. Called on the receiving CPU's thread; never throws. */
public interface IpiDispatcher {
    /** A message, valid during the call. */
    void dispatch(MkIpiData data);

    /** A message that cannot be true was dropped. */
    void anomaly(int senderCpu, MkIpiData data);
}
