// SPDX-License-Identifier: Apache-2.0
package io.mkemu.host;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.abi.InstanceState;
import io.mkemu.abi.Pages;
import io.mkemu.abi.RamLayout;
import io.mkemu.abi.TraceMode;
import io.mkemu.host.control.ControlHandler;
import io.mkemu.host.control.ControlRequest;
import io.mkemu.host.control.Protocol;
import io.mkemu.host.life.Machine;
import io.mkemu.host.life.Recorder;
import io.mkemu.host.life.States;
import io.mkemu.journal.JournalLimits;
import io.mkemu.json.Json;
import io.mkemu.tree.DeviceTreeWriter;
import io.mkemu.plan.JournalOptions;
import io.mkemu.tree.InstanceSpec;
import io.mkemu.tree.MachineSpec;
import io.mkemu.tree.Places;
import io.mkemu.tree.RestartPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The verbs of a control socket: checks what a request says and asks the host for it. Results are
 * {@code {"machine":{...},"instances":[...]}} or the part of it that the verb is about.
 */
final class HostVerbs implements ControlHandler {
    /** The longest time that a verb may wait. */
    static final long MAX_TIMEOUT_MILLIS = TimeUnit.DAYS.toMillis(1);
    private static final long DEFAULT_TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(30);

    private final Host host;
    private final HostControl control;
    private final ExecVerbs exec;
    private final TransactionVerbs changes;

    HostVerbs(Host host, HostControl control) {
        this.host = host;
        this.control = control;
        this.exec = new ExecVerbs(host, this);
        this.changes = new TransactionVerbs(host, this);
    }

    @Override
    public ObjectNode handle(ControlRequest request, Consumer<String> say) throws InterruptedException {
        /* Whatever has become of mkemu in the meantime: a machine that is there can be ended. */
        if (!request.verb().equals("shutdown")) {
            request.requireSameProtocol(host.machine().directory().machine());
        }
        try {
            return carryOut(request, say);
        } catch (MachineException refused) {
            if (refused.exitCode() == ExitCode.USAGE && request.isOfOtherMkemu()) {
                throw new MachineException(ExitCode.USAGE, refused.getMessage() + "; the host is mkemu "
                    + Protocol.version() + ", this mk is mkemu " + request.version() + " and may ask for more than the "
                    + "host knows", refused);
            }
            throw refused;
        }
    }

    private ObjectNode carryOut(ControlRequest request, Consumer<String> say) throws InterruptedException {
        return switch (request.verb()) {
            case "show" -> show(request);
            case "dump" -> dump(request);
            case "init" -> new InitVerb(host).init(request);
            case "apply" -> changes.apply(request);
            case "transactions" -> changes.transactions(request);
            case "rollback" -> changes.rollback(request);
            case "create" -> changes.recorded(request, () -> create(request));
            case "update" -> changes.recorded(request, () -> update(request));
            case "load" -> changes.recorded(request, () -> load(request));
            case "exec" -> exec.exec(request, say);
            case "join" -> exec.join(request);
            case "kill" -> kill(request);
            case "pause" -> pause(request, true);
            case "continue" -> pause(request, false);
            case "unload" -> changes.recorded(request, () -> unload(request));
            case "delete" -> changes.recorded(request, () -> delete(request));
            case "trace" -> trace(request);
            case "snapshot" -> new SnapshotVerb(host, this::show).carryOut(request);
            case "shutdown" -> shutDown(request);
            default -> throw new MachineException(ExitCode.USAGE, "unknown verb \"" + request.verb()
                + "\": a host knows show, create, update, load, exec, join, kill, pause, continue, "
                + "unload, delete, apply, init, transactions, rollback, dump, trace, snapshot and shutdown");
        };
    }

    private ObjectNode show(ControlRequest request) {
        request.allow("names");
        return show(request.texts("names"));
    }

    private ObjectNode show(List<String> names) {
        MachineStatus machine = host.status();
        ObjectNode result = Json.object();
        ObjectNode about = StatusJson.machine(machine).put("state", machine.instances().getFirst().state().toString());
        host.spec().kept().says().forEach(about.putArray("unemulated")::add);
        result.set("machine", about);
        ArrayNode instances = result.putArray("instances");
        if (names.isEmpty()) {
            machine.instances().stream().map(StatusJson::instance).forEach(instances::add);
        }
        for (String name : resolve(names, machine)) {
            instances.add(machine.instances().stream().filter(instance -> instance.name().equals(name)).findFirst()
                .map(StatusJson::instance).orElseThrow(() -> States.unknown(name, host.instances())));
        }
        return result;
    }

    private ObjectNode dump(ControlRequest request) {
        request.allow();
        try {
            return Json.object().put("tree", DeviceTreeWriter.write(host.spec()));
        } catch (IllegalArgumentException unsayable) {
            throw new MachineException(ExitCode.CONFIG, unsayable.getMessage(), unsayable);
        }
    }

    private ObjectNode create(ControlRequest request) {
        request.allow("name", "id", "cpus", "cpuCount", "memory", "external", "dryRun");
        String name = name(request);
        List<Integer> cpus = cpus(request);
        int count = (int) request.number("cpuCount", 1, MachineSpec.MAX_CPUS, 0);
        if (cpus.isEmpty() == (count == 0)) {
            throw new MachineException(ExitCode.USAGE, "create: name either cpus or a cpuCount");
        }
        long memory = memory(request, "memory");
        if (memory == 0) {
            throw new MachineException(ExitCode.USAGE, "create: field \"memory\" is missing");
        }
        boolean dryRun = request.flag("dryRun");
        InstanceSpec spec = host.create(new InstanceSpec(
            (int) request.number("id", 1, MachineSpec.MAX_INSTANCE_ID, 0), name, cpus, memory, "", List.of(),
            request.flag("external"), RestartPolicy.NEVER, List.of(), Places.NONE), count, dryRun);
        return dryRun ? instances(List.of(StatusJson.planned(spec, InstanceState.EMPTY))) : instances(Set.of(name));
    }

    private ObjectNode update(ControlRequest request) throws InterruptedException {
        request.allow("name", "cpus", "memory", "addCpus", "removeCpus", "addMemory", "removeMemory",
            "removeAddress", "dryRun");
        String name = one(request);
        List<Integer> cpus = cpus(request);
        List<Integer> coming = cpus(request, "addCpus");
        List<Integer> going = cpus(request, "removeCpus");
        long memory = memory(request, "memory");
        long added = memory(request, "addMemory");
        long removed = memory(request, "removeMemory");
        long address = memory(request, "removeAddress");
        int ways = (cpus.isEmpty() && memory == 0 ? 0 : 1) + (coming.isEmpty() && going.isEmpty() ? 0 : 1)
            + Long.signum(added) + Long.signum(removed)
            + Long.signum(address);
        if (ways != 1) {
            throw new MachineException(ExitCode.USAGE, "update: name cpus, memory or both; addCpus, removeCpus "
                + "or both; or one of addMemory, removeMemory and removeAddress");
        }
        boolean dryRun = request.flag("dryRun");
        Plug plug = new Plug(host);
        InstanceSpec spec = added != 0 ? plug.addMemory(name, added, dryRun)
            : removed != 0 || address != 0 ? plug.removeMemory(name, removed, address, dryRun)
            : !coming.isEmpty() || !going.isEmpty() ? new PlugCpus(host, plug).change(name, coming, going, dryRun)
            : host.update(name, cpus.isEmpty() ? null : cpus, memory, dryRun);
        if (!dryRun) {
            return instances(Set.of(name));
        }
        return instances(host.status().instances().stream().filter(instance -> instance.name().equals(name))
            .map(instance -> StatusJson.planned(spec, instance.state())).toList());
    }

    private ObjectNode load(ControlRequest request) {
        request.allow("name", "modules", "cmdline", "restart", "jvmOptions");
        String name = one(request);
        RestartPolicy restart;
        try {
            restart = RestartPolicy.of(request.text("restart", RestartPolicy.NEVER.toString()));
        } catch (IllegalArgumentException wrong) {
            throw new MachineException(ExitCode.USAGE, wrong.getMessage(), wrong);
        }
        List<String> modules = request.texts("modules");
        if (modules.stream().distinct().count() < modules.size()) {
            throw new MachineException(ExitCode.USAGE, "load: a module is named twice: name each module once");
        }
        host.load(name, modules, request.text("cmdline", ""), restart,
            request.has("jvmOptions") ? request.texts("jvmOptions") : null);
        return instances(Set.of(name));
    }

    private ObjectNode kill(ControlRequest request) throws InterruptedException {
        request.allow("names", "all", "force", "timeoutMillis", "report");
        boolean force = request.flag("force");
        Set<String> names = several(request, instance -> instance.state() == InstanceState.ACTIVE
            || force && !instance.detail().isEmpty(), force ? "active, booting or about to be restarted" : "active");
        if (request.flag("report")) {
            host.report(names);
        }
        List<String> forced = host.kill(names, force, timeout(request));
        ObjectNode result = instances(names);
        forced.forEach(result.putArray("forced")::add);
        return result;
    }

    private ObjectNode pause(ControlRequest request, boolean stops) {
        request.allow("names", "all");
        Set<String> names = several(request, instance -> instance.state() == InstanceState.ACTIVE
            && !instance.external() && (instance.detail().equals(StatusReader.PAUSED)
            || stops && instance.detail().isEmpty()), stops ? "active" : "paused");
        if (names.contains(Machine.HOST_NAME)) {
            throw new MachineException(ExitCode.STATE, "the host kernel cannot be paused: its process is the one that "
                + "would let it go on");
        }
        host.pause(names, stops);
        return instances(names);
    }

    private ObjectNode unload(ControlRequest request) {
        request.allow("names");
        Set<String> names = several(request);
        host.unload(names);
        return instances(names);
    }

    private ObjectNode delete(ControlRequest request) {
        request.allow("names", "dryRun");
        Set<String> names = several(request);
        ObjectNode result = instances(names);
        host.delete(names, request.flag("dryRun"));
        return result;
    }

    private ObjectNode trace(ControlRequest request) {
        request.allow("mode", "journal", "journalMaxBytes", "journalMaxSeconds");
        Recorder recorder = host.machine().recorder();
        String wanted = request.text("mode", null);
        String was = recorder.mode().label();
        try {
            TraceMode mode = wanted == null ? null : TraceMode.of(wanted);
            if (request.has("journal")) {
                host.record(journal(request, mode == null ? TraceMode.IPI : mode));
            } else if (mode != null) {
                recorder.mode(mode);
            }
        } catch (IllegalArgumentException wrong) {
            throw new MachineException(ExitCode.USAGE, wrong.getMessage(), wrong);
        }
        ObjectNode result = Json.object().put("was", was).put("mode", recorder.mode().label());
        return recorder.recording() == null ? result : result.put("journal", recorder.recording().toString());
    }

    /** As a client has read it: absolute, since a host works elsewhere. */
    private static JournalOptions journal(ControlRequest request, TraceMode mode) {
        Path directory = Path.of(request.text("journal"));
        if (!directory.isAbsolute()) {
            throw new IllegalArgumentException("trace: \"journal\" is no absolute path: " + directory);
        }
        long seconds = request.number("journalMaxSeconds", 1, Integer.MAX_VALUE, 0);
        return new JournalOptions(directory, new JournalLimits(request.number("journalMaxBytes",
            JournalLimits.MIN_BYTES, Long.MAX_VALUE, JournalLimits.DEFAULT.maxBytes()),
            seconds == 0 ? null : Duration.ofSeconds(seconds)), mode);
    }

    private ObjectNode shutDown(ControlRequest request) throws InterruptedException {
        request.allow("force", "timeoutMillis");
        ObjectNode result = Json.object();
        control.shutDown(request.flag("force") ? 0 : timeout(request)).forEach(result.putArray("forced")::add);
        return result;
    }

    ObjectNode instances(Set<String> names) {
        return instances(host.status().instances().stream().filter(instance -> names.contains(instance.name()))
            .map(StatusJson::instance).toList());
    }

    private static ObjectNode instances(List<ObjectNode> all) {
        ObjectNode result = Json.object();
        result.putArray("instances").addAll(all);
        return result;
    }

    private static String name(ControlRequest request) {
        String name = request.text("name");
        String problem = InstanceSpec.nameProblem(name);
        if (problem != null) {
            throw new MachineException(ExitCode.USAGE, problem);
        }
        return name;
    }

    String one(ControlRequest request) {
        return resolve(List.of(request.text("name")), host.status()).iterator().next();
    }

    private Set<String> several(ControlRequest request) {
        List<String> names = request.texts("names");
        if (names.isEmpty()) {
            throw new MachineException(ExitCode.USAGE, request.verb() + ": field \"names\" is missing or empty");
        }
        return resolve(names, host.status());
    }

    Set<String> several(ControlRequest request, Predicate<InstanceStatus> all, String what) {
        if (!request.flag("all")) {
            return several(request);
        }
        if (request.has("names")) {
            throw new MachineException(ExitCode.USAGE, request.verb() + ": names or all, not both");
        }
        Set<String> names = new LinkedHashSet<>();
        host.status().instances().stream().filter(instance -> instance.id() != 0).filter(all)
            .map(InstanceStatus::name).forEach(names::add);
        if (names.isEmpty()) {
            throw new MachineException(ExitCode.STATE, "no instance is " + what + ": mk show lists them");
        }
        return names;
    }

    /** Names stay as they are, known or not; what is no name but the id of an instance becomes its name. */
    private static Set<String> resolve(Collection<String> namesOrIds, MachineStatus machine) {
        Set<String> names = new LinkedHashSet<>();
        for (String given : namesOrIds) {
            boolean isName = machine.instances().stream().anyMatch(instance -> instance.name().equals(given));
            /* #N is an id and nothing else: an instance may be named like a number. */
            String id = given.startsWith("#") ? given.substring(1) : given;
            names.add(isName ? given : machine.instances().stream()
                .filter(instance -> Integer.toString(instance.id()).equals(id)).map(InstanceStatus::name)
                .findFirst().orElse(given));
        }
        return names;
    }

    private static List<Integer> cpus(ControlRequest request) {
        return cpus(request, "cpus");
    }

    private static List<Integer> cpus(ControlRequest request, String field) {
        List<Integer> cpus = request.numbers(field, 0, MachineSpec.MAX_CPUS - 1);
        if (request.has(field) && cpus.isEmpty()) {
            throw new MachineException(ExitCode.USAGE, request.verb() + ": \"" + field + "\" names no CPU");
        }
        return cpus;
    }

    private static long memory(ControlRequest request, String field) {
        long memory = request.number(field, Pages.PAGE_SIZE, RamLayout.MAX_BYTES, 0);
        if (memory % Pages.PAGE_SIZE != 0) {
            throw new MachineException(ExitCode.USAGE, request.verb() + ": " + field + " of " + memory
                + " bytes is not a multiple of " + Pages.PAGE_SIZE);
        }
        return memory;
    }

    static long timeout(ControlRequest request) {
        return request.number("timeoutMillis", 1, MAX_TIMEOUT_MILLIS, DEFAULT_TIMEOUT_MILLIS);
    }
}
