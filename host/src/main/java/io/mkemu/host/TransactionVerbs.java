// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.dts.DeviceTreeException;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.tx.Change;
import io.mkemu.host.tx.Form;
import io.mkemu.host.tx.Transaction;
import io.mkemu.host.tx.TransactionJson;
import io.mkemu.host.tx.TransactionStatus;
import io.mkemu.host.tx.Transactions;
import io.mkemu.json.Json;
import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.Overlay;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The verbs that change what a machine's tree says: each is a transaction. */
final class TransactionVerbs {
    /** How long a change waits for the end of another: less than a client waits for its answer. */
    private static final long PATIENCE_MILLIS = 5000;
    private static final int LONGEST_SOURCE = 200;

    private final Host host;
    private final HostVerbs verbs;

    TransactionVerbs(Host host, HostVerbs verbs) {
        this.host = host;
        this.verbs = verbs;
    }

    /** Does what a verb with {@code name} or {@code names} does; a dry run is none. The result names it. */
    ObjectNode recorded(ControlRequest request, Transactions.Work<ObjectNode> work) throws InterruptedException {
        if (request.has("dryRun") && request.flag("dryRun")) {
            return work.run();
        }
        Set<String> names = new LinkedHashSet<>();
        if (request.has("name")) {
            names.add(request.text("name"));
        }
        names.addAll(request.texts("names"));
        return named(host.transactions().record(source(request.verb() + " " + String.join(" ", names)), names, 0,
            PATIENCE_MILLIS, work));
    }

    private static ObjectNode named(Transactions.Done<ObjectNode> done) {
        return done.result().put("tx", done.transaction().name());
    }

    private static String source(String text) {
        return text.length() <= LONGEST_SOURCE ? text : text.substring(0, LONGEST_SOURCE) + "...";
    }

    ObjectNode apply(ControlRequest request) throws InterruptedException {
        request.allow("overlay", "file", "dryRun");
        Overlay overlay;
        try {
            overlay = Overlay.parse("overlay", request.text("overlay"));
        } catch (DeviceTreeException wrong) {
            throw new MachineException(ExitCode.CONFIG, wrong.getMessage(), wrong);
        }
        OverlayChange change = new OverlayChange(host, overlay);
        if (request.flag("dryRun")) {
            ObjectNode result = Json.object();
            host.guarded(false, () -> {
                PlannedSteps plan = new PlannedSteps(host, Set.of());
                change.carryOut(plan);
                change.made().forEach(name -> result.withArray("instances").add(StatusJson.planned(
                    plan.form(name).spec(), plan.form(name).loaded() ? InstanceState.LOADED
                    : InstanceState.READY)));
                return null;
            });
            change.removed().forEach(result.putArray("removed")::add);
            return result;
        }
        return named(host.transactions().record(source("apply " + request.text("file", "overlay")),
            OverlayChange.names(overlay), 0, 0, () -> {
                host.guarded(change.asksKernels(), () -> {
                    HostSteps.wholly(host, "overlay", change::carryOut);
                    return null;
                });
                ObjectNode result = verbs.instances(Set.copyOf(change.made()));
                change.removed().forEach(result.putArray("removed")::add);
                return result;
            }));
    }

    ObjectNode transactions(ControlRequest request) throws InterruptedException {
        request.allow("number", "tree");
        ObjectNode result = Json.object();
        if (!request.has("number")) {
            host.transactions().list().forEach(one -> result.withArray("transactions")
                .add(TransactionJson.summary(one)));
            return result;
        }
        int number = number(request);
        result.set("transaction", TransactionJson.write(host.transactions().find(number)));
        if (request.has("tree")) {
            String which = request.text("tree");
            if (!which.equals("before") && !which.equals("after")) {
                throw new MachineException(ExitCode.USAGE, "transactions: \"tree\" is neither before nor after");
            }
            result.put("tree", host.transactions().inTurn("mk tx show", PATIENCE_MILLIS, () ->
                tree(number, which.equals("before"))));
        }
        return result;
    }

    private static int number(ControlRequest request) {
        return (int) request.number("number", 1, Integer.MAX_VALUE, 0);
    }

    /** What the machine was before a transaction, or after it: all later ones are undone in thought. */
    private String tree(int number, boolean before) {
        Map<String, Form> forms = new TreeMap<>(host.forms());
        for (Transaction later : host.transactions().list().reversed()) {
            if (later.number() > number || before && later.number() == number) {
                for (Change change : later.changes()) {
                    forms.remove(change.name());
                    if (change.before() != null) {
                        forms.put(change.name(), change.before());
                    }
                }
            }
        }
        try {
            return DeviceTreeWriter.write(host.spec(forms.values().stream().map(Form::spec)
                .sorted(Comparator.comparingInt(InstanceSpec::id)).toList()));
        } catch (IllegalArgumentException unsayable) {
            throw new MachineException(ExitCode.CONFIG, unsayable.getMessage(), unsayable);
        }
    }

    ObjectNode rollback(ControlRequest request) throws InterruptedException {
        request.allow("number", "dryRun");
        if (!request.has("number")) {
            throw new MachineException(ExitCode.USAGE, "rollback: field \"number\" is missing");
        }
        int number = number(request);
        return host.transactions().inTurn("rollback " + Transaction.name(number), 0, () -> {
            Transaction former = host.transactions().find(number);
            requireApplied(former);
            List<Change> changes = former.changes().stream().map(Change::inverse).toList().reversed();
            if (request.flag("dryRun")) {
                rehearse(former, changes);
                return Json.object().set("changes", TransactionJson.changes(changes));
            }
            return named(host.transactions().record("rollback " + former.name(), former.instances(), number, 0, () -> {
                host.guarded(MachineChange.asksKernels(host, changes), () -> {
                    rehearse(former, changes);
                    HostSteps.wholly(host, "rollback", steps -> new MachineChange(steps, changes).carryOut());
                    return null;
                });
                return Json.object().set("changes", TransactionJson.changes(changes));
            }));
        });
    }

    private static void requireApplied(Transaction former) {
        String why = switch (former.status()) {
            case PENDING -> " is under way: wait until it has ended";
            case ROLLED_BACK -> " is rolled back already, by " + Transaction.name(former.undoneBy());
            case FAILED -> former.changes().isEmpty() ? " failed, and has changed nothing" : "";
            case APPLIED -> former.changes().isEmpty() ? " has changed nothing" : "";
        };
        if (!why.isEmpty()) {
            throw new MachineException(ExitCode.STATE, former.name() + why);
        }
    }

    /** Checks that all can be undone, and changes nothing. */
    private void rehearse(Transaction former, List<Change> changes) throws InterruptedException {
        host.guarded(false, () -> {
            Map<String, Form> forms = host.forms();
            List<String> inTheWay = new ArrayList<>();
            changes.stream().filter(change -> !Form.same(forms.get(change.name()), change.before()))
                .forEach(change -> inTheWay.add("instance " + change.name() + changedBy(former, change.name())));
            if (!inTheWay.isEmpty()) {
                throw cannot(former, ExitCode.STATE, String.join("; ", inTheWay), null);
            }
            try {
                new MachineChange(new PlannedSteps(host, Set.of()), changes).carryOut();
            } catch (MachineException refused) {
                throw cannot(former, refused.exitCode(), refused.getMessage(), refused);
            }
            return null;
        });
    }

    private String changedBy(Transaction former, String name) {
        return host.transactions().list().reversed().stream().filter(later -> later.number() > former.number()
            && later.status() == TransactionStatus.APPLIED && later.changes().stream()
            .anyMatch(change -> change.name().equals(name))).findFirst()
            .map(later -> " was changed since by " + later.name() + " (" + later.source() + "): roll that back first")
            .orElse(" is not what it has made of it");
    }

    private static MachineException cannot(Transaction former, ExitCode code, String why, MachineException cause) {
        return new MachineException(code, former.name() + " cannot be rolled back: " + why, cause);
    }
}
