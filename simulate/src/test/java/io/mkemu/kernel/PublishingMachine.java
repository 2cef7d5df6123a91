// SPDX-License-Identifier: Apache-2.0
package io.mkemu.kernel;

import io.mkemu.abi.InstanceState;
import io.mkemu.abi.IpiMode;
import io.mkemu.module.Kernel;
import io.mkemu.module.KernelModule;
import io.mkemu.module.Observed;
import io.mkemu.simulate.history.Caller;
import io.mkemu.simulate.history.History;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** A {@link SteppedMachine} that keeps what its modules publish: kernels 0, 1, ... with one CPU each, n0, n1, ... */
public final class PublishingMachine implements Observed {
    private static final int MOST_STEPS = 20_000;

    private final List<Map<String, Long>> values = new ArrayList<>();
    private final SteppedMachine machine;
    private final History history = new History(this::step);
    private long step;

    /**
     * A machine whose kernels are up.
     *
     * @param ram     of {@link SteppedMachine#newRam}
     * @param modules one for each kernel
     */
    public PublishingMachine(ByteBuffer ram, long seed, List<KernelModule> modules) {
        this.machine = new SteppedMachine(ram, IpiMode.QUEUED, seed, kernel -> new KernelHook() {
            @Override
            public Kernel decorate(Kernel given) {
                return publishing(given);
            }
        });
        for (int instance = 0; instance < modules.size(); instance++) {
            values.add(new HashMap<>());
            machine.boot(instance, new int[] {instance}, modules.get(instance));
        }
    }

    private Kernel publishing(Kernel given) {
        return (Kernel) Proxy.newProxyInstance(Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "observe" -> {
                    values.get(given.instanceId()).put((String) arguments[0], (Long) arguments[1]);
                    yield null;
                }
                case "operation" -> history.operation(new Caller(given.instanceId(), name(given.instanceId()), 1),
                    (String) arguments[0]);
                default -> {
                    try {
                        yield method.invoke(given, arguments);
                    } catch (InvocationTargetException fault) {
                        throw fault.getCause();
                    }
                }
            });
    }

    /** What its modules did. */
    public History history() {
        return history;
    }

    /** Lets one of the CPUs do a turn. */
    public void doStep() {
        step++;
        machine.step();
    }

    /** Ends all kernels. */
    public void shutDown() {
        machine.shutDown(MOST_STEPS);
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public long nanoTime() {
        return machine.nanoTime();
    }

    @Override
    public int instances() {
        return values.size();
    }

    @Override
    public int instance(int index) {
        return index;
    }

    @Override
    public String name(int instance) {
        return "n" + instance;
    }

    @Override
    public boolean isActive(int instance) {
        return machine.kernel(instance).entry().state() == InstanceState.ACTIVE;
    }

    @Override
    public long life(int instance) {
        return 1;
    }

    @Override
    public boolean has(int instance, String name) {
        return values.get(instance).containsKey(name);
    }

    @Override
    public long value(int instance, String name) {
        Long value = values.get(instance).get(name);
        if (value == null) {
            throw new NoSuchElementException(name(instance) + " has not published " + name);
        }
        return value;
    }
}
