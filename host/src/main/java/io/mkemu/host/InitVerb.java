// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.life.HostedInstance;
import io.mkemu.host.tx.Change;
import io.mkemu.host.tx.MachineDifference;
import io.mkemu.host.tx.TransactionJson;
import io.mkemu.host.tx.Transactions;
import io.mkemu.json.Json;
import io.mkemu.tree.MachineSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code mk init} of a machine that runs: makes it what a tree says, as one transaction. */
final class InitVerb {
    private final Host host;

    InitVerb(Host host) {
        this.host = host;
    }

    /** What is to be done, and whose kernels would have to end for it. */
    private record Plan(MachineDifference difference, List<String> running) {
    }

    ObjectNode init(ControlRequest request) throws InterruptedException {
        request.allow("tree", "file", "dryRun", "force", "timeoutMillis");
        String file = request.text("file", "tree");
        boolean force = request.flag("force");
        long timeoutMillis = HostVerbs.timeout(request);
        MachineSpec wanted;
        try {
            wanted = MachineSpec.parse(file, request.text("tree"), Path.of("/"));
        } catch (DeviceTreeException wrong) {
            throw new MachineException(ExitCode.CONFIG, wrong.getMessage(), wrong);
        }
        if (request.flag("dryRun")) {
            return host.guarded(false, () -> dryRun(wanted, file, force));
        }
        return host.transactions().inTurn("init " + file, 0, () -> {
            Plan plan = host.guarded(false, () -> checked(wanted, file, force));
            if (plan.difference().isNone()) {
                return result(plan);
            }
            Transactions.Done<List<String>> done = host.transactions().record("init " + file,
                plan.difference().changes().stream().map(Change::name).toList(), 0, 0,
                () -> carryOut(plan, wanted, timeoutMillis));
            ObjectNode result = result(plan).put("tx", done.transaction().name());
            done.result().forEach(result.putArray("forced")::add);
            return result;
        });
    }

    private Plan plan(MachineSpec wanted) {
        MachineDifference difference = MachineDifference.between(host.spec(), host.forms(), wanted);
        /* A kernel that is only to have other CPUs or memory is asked for that. */
        List<String> running = difference.changes().stream().filter(change -> change.removes() || change.reloads())
            .map(Change::name).filter(host::runs).toList();
        return new Plan(difference, running);
    }

    /** Refuses what cannot be done; all that can be seen before it is done. */
    private Plan checked(MachineSpec wanted, String file, boolean force) throws InterruptedException {
        Plan plan = plan(wanted);
        if (!plan.difference().fixed().isEmpty()) {
            throw new MachineException(ExitCode.STATE, "a machine that runs cannot become what " + file + " says: "
                + String.join("; ", plan.difference().fixed()) + ": mk shutdown ends it, then mk init makes it anew");
        }
        if (!plan.running().isEmpty() && !force) {
            throw new MachineException(ExitCode.STATE, plan.difference().changes().stream()
                .filter(change -> plan.running().contains(change.name())).map(InitVerb::refusal)
                .collect(Collectors.joining("; ")) + ": mk kill ends a kernel, or mk init --force does");
        }
        new MachineChange(new PlannedSteps(host, Set.copyOf(plan.running())), plan.difference().changes()).carryOut();
        return plan;
    }

    private static String refusal(Change change) {
        return "the kernel of instance " + change.name() + " runs, and the tree "
            + (change.after() == null ? "does not have it" : "changes it");
    }

    private ObjectNode dryRun(MachineSpec wanted, String file, boolean force) throws InterruptedException {
        ObjectNode result = result(plan(wanted));
        try {
            checked(wanted, file, force);
        } catch (MachineException refused) {
            result.put("exitCode", refused.exitCode().code()).put("error", refused.getMessage());
        }
        return result;
    }

    private static ObjectNode result(Plan plan) {
        ObjectNode result = Json.object();
        plan.difference().fixed().forEach(result.putArray("fixed")::add);
        result.set("changes", TransactionJson.changes(plan.difference().changes()));
        plan.running().forEach(result.putArray("running")::add);
        return result;
    }

    /** Ends the kernels that are in the way, which holds up nobody, and then does the rest at once. */
    private List<String> carryOut(Plan plan, MachineSpec wanted, long timeoutMillis) throws InterruptedException {
        List<String> forced = end(plan.running(), timeoutMillis);
        try {
            host.guarded(MachineChange.asksKernels(host, plan.difference().changes()), () -> {
                Plan now = plan(wanted);
                if (!now.running().isEmpty() || !same(now.difference(), plan.difference())) {
                    throw new MachineException(ExitCode.STATE, "the machine was changed meanwhile: try again");
                }
                HostSteps.wholly(host, "tree", steps -> new MachineChange(steps, plan.difference().changes())
                    .carryOut());
                return null;
            });
        } catch (MachineException refused) {
            throw plan.running().isEmpty() ? refused : new MachineException(refused.exitCode(), refused.getMessage()
                + "; ended all the same: " + String.join(", ", plan.running()), refused);
        }
        return forced;
    }

    /** What has ended is loaded still; a failed one stays failed, which is loaded too. */
    private static boolean same(MachineDifference one, MachineDifference other) {
        return one.fixed().equals(other.fixed()) && one.changes().equals(other.changes());
    }

    private List<String> end(List<String> running, long timeoutMillis) throws InterruptedException {
        List<String> active = host.atOnce(() -> host.instances().stream()
            .filter(instance -> instance.state() == InstanceState.ACTIVE).map(HostedInstance::spec)
            .map(spec -> spec.name()).filter(running::contains).toList());
        List<String> others = new ArrayList<>(running);
        others.removeAll(active);
        List<String> forced = new ArrayList<>();
        if (!active.isEmpty()) {
            forced.addAll(host.kill(active, false, timeoutMillis));
        }
        if (!others.isEmpty()) {
            forced.addAll(host.kill(others, true, timeoutMillis));
        }
        return forced;
    }
}
