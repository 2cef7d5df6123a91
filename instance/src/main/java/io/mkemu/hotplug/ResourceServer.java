// SPDX-License-Identifier: Apache-2.0
package io.mkemu.hotplug;

import io.mkemu.Errno;
import io.mkemu.abi.ResourceDescriptor;
import io.mkemu.hotplug.ResourceCall.Answered;
import io.mkemu.table.ResourceOperation;
import io.mkemu.table.ResourceProbe;
import io.mkemu.table.ResourceRequest;
import java.util.EnumMap;
import java.util.Map;

/**
 * A kernel's end of the host's requests about CPUs and memory: takes them one after the other, and gives each to what
 * knows its operation. On the boot CPU, but for {@link #isAsked}.
 */
public final class ResourceServer {
    /** Does one operation, and says whether it would. */
    public interface Operation {
        /** Does it, now or later: {@link ResourceCall#done} or {@link ResourceCall#refuse} ends it. */
        void handle(ResourceCall call);

        /** Answers in the same way whether it would be done now. Changes nothing. */
        void query(ResourceCall call);
    }

    private final ResourceRequest request;
    private final Map<ResourceOperation, Operation> operations = new EnumMap<>(ResourceOperation.class);
    private final Answered answered;
    private ResourceCall current;

    /**
     * Of a kernel that knows no operation yet.
     *
     * @param answered sends the acknowledgement
     */
    public ResourceServer(ResourceRequest request, Answered answered) {
        this.request = request;
        this.answered = answered;
    }

    /** Adds an operation. Before {@link #begin}. */
    public ResourceServer with(ResourceOperation operation, Operation how) {
        operations.put(operation, how);
        return this;
    }

    /** The host may ask from now on. */
    public void begin() {
        EnumMap<ResourceOperation, Operation> all = new EnumMap<>(operations);
        all.put(ResourceOperation.QUERY, null);
        request.supported(all.keySet());
    }

    /** Whether there is something to {@link #look} at. Any thread. */
    public boolean isAsked() {
        return ResourceRequest.stateOf(request.decision()) == ResourceDescriptor.STATE_ASKED;
    }

    /** Looks whether the host asks for something, and begins with it. */
    public void look() {
        if (current != null && !current.isOver()) {
            return;
        }
        long number = request.take();
        if (number == 0) {
            return;
        }
        ResourceProbe.at(ResourceProbe.Step.TAKEN);
        ResourceOperation asked = request.operation();
        ResourceOperation about = asked == ResourceOperation.QUERY ? request.about() : asked;
        ResourceCall call = new ResourceCall(request, number, asked, answered);
        current = call;
        Operation how = about == null ? null : operations.get(about);
        try {
            if (how == null) {
                call.refuse(Errno.EOPNOTSUPP, "this kernel does not know how");
            } else if (asked == ResourceOperation.QUERY) {
                how.query(call);
            } else {
                how.handle(call);
            }
        } catch (RuntimeException | Error fault) {
            if (!call.isOver()) {
                call.refuse(Errno.EFAULT, "the kernel failed: " + fault);
            }
            throw fault;
        }
    }
}
