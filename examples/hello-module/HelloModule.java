// SPDX-License-Identifier: Apache-2.0
import static java.nio.charset.StandardCharsets.UTF_8;

import io.mkemu.ipi.MkIpiData;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Task;

/** An instance says hello to the host; the host answers. Every kernel that loads the jar has an object of its own. */
public final class HelloModule implements KernelModule {
    private static final int HELLO = 1;
    private static final int ANSWER = 2;
    private boolean sent;
    private boolean answered;

    @Override
    public void init(Kernel kernel) {
        if (kernel.instanceId() == 0) {
            kernel.registerHandler((data, context) -> {
                int sender = kernel.instanceOfCpu(data.senderCpu());
                kernel.printk("instance " + sender + " says: " + text(data));
                int result = kernel.sendIpiData(sender, ("hello, instance " + sender).getBytes(UTF_8), ANSWER);
                kernel.printk("answered, result " + result);
            }, null, HELLO);
            return;
        }
        kernel.registerHandler((data, context) -> {
            kernel.printk("the host says: " + text(data));
            answered = true;
        }, null, ANSWER);
        // The run ends when all tasks have ended: this one when the answer is there. 1,000,000 ns is when to try again.
        kernel.startTask("hello", () -> {
            sent = sent || kernel.sendIpiData(0, "hello".getBytes(UTF_8), HELLO) == 0;
            return answered ? Task.DONE : sent ? Task.WAIT : 1_000_000;
        });
    }

    private static String text(MkIpiData data) {
        byte[] bytes = new byte[data.dataSize()];
        data.buffer().getBytes(0, bytes);
        return new String(bytes, UTF_8);
    }
}
