// SPDX-License-Identifier: Apache-2.0
package io.mkemu.test;

import io.mkemu.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** What {@link MachineTest} does. */
final class MachineExtension implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback,
    ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(MachineExtension.class);
    private static final AtomicInteger JOURNALS = new AtomicInteger();

    /** A machine and what is to be done with it in the end. */
    private static final class Made {
        private final Machine machine;
        private final Path journal;
        private volatile boolean failed;

        Made(Machine machine, Path journal) {
            this.machine = machine;
            this.journal = journal;
        }
    }

    /** What a failure carries along: no error of its own, but printed with it by whatever prints that. */
    private static final class MachineReport extends Exception {
        private static final long serialVersionUID = 1;

        MachineReport(String text) {
            super(text, null, true, false);
        }

        @Override
        public String toString() {
            return getMessage();
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        MachineTest wanted = context.getRequiredTestClass().getAnnotation(MachineTest.class);
        if (wanted != null) {
            make(wanted, context, context.getRequiredTestClass().getSimpleName());
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        MachineTest wanted = context.getRequiredTestMethod().getAnnotation(MachineTest.class);
        if (wanted != null) {
            make(wanted, context, context.getRequiredTestClass().getSimpleName() + "."
                + context.getRequiredTestMethod().getName());
        }
    }

    private static void make(MachineTest wanted, ExtensionContext context, String test) {
        if (wanted.timeoutSeconds() < 1) {
            throw new MachineTestException(ExitCode.USAGE, "@MachineTest: timeoutSeconds = " + wanted.timeoutSeconds()
                + " is less than 1");
        }
        Path journal = wanted.journal() ? journals().resolve(test + "-" + ProcessHandle.current().pid() + "-"
            + JOURNALS.incrementAndGet()) : null;
        try {
            Machine machine = Machine.of(TestTree.find(wanted.value(), context.getRequiredTestClass()))
                .exec(wanted.exec()).timeout(Duration.ofSeconds(wanted.timeoutSeconds())).journal(journal).start();
            context.getStore(NAMESPACE).put(Made.class, new Made(machine, journal));
        } catch (MachineTestException refused) {
            if (journal != null && refused.exitCode() == ExitCode.CONFIG) {
                /* There was no machine yet whose journal would tell anything. */
                delete(journal);
            }
            throw refused;
        }
    }

    private static Path journals() {
        String named = System.getProperty("mkemu.test.journals");
        if (named != null) {
            return Path.of(named).toAbsolutePath();
        }
        for (String built : List.of("target", "build")) {
            if (Files.isDirectory(Path.of(built))) {
                return Path.of(built, "mkemu-test").toAbsolutePath();
            }
        }
        return Path.of("target", "mkemu-test").toAbsolutePath();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Made made = context.getStore(NAMESPACE).get(Made.class, Made.class);
        if (made == null) {
            return;
        }
        context.getExecutionException().ifPresent(failure -> {
            made.failed = true;
            failure.addSuppressed(new MachineReport(made.machine.report()));
        });
        Made own = context.getRequiredTestMethod().isAnnotationPresent(MachineTest.class)
            ? context.getStore(NAMESPACE).remove(Made.class, Made.class) : null;
        if (own != null) {
            end(own);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (context.getRequiredTestClass().isAnnotationPresent(MachineTest.class)) {
            Made made = context.getStore(NAMESPACE).remove(Made.class, Made.class);
            if (made != null) {
                end(made);
            }
        }
    }

    private static void end(Made made) {
        made.machine.close();
        if (made.journal != null && !made.failed) {
            delete(made.journal);
        }
    }

    private static void delete(Path journal) {
        if (!Files.exists(journal)) {
            return;
        }
        try (Stream<Path> files = Files.walk(journal)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException refused) {
            throw new UncheckedIOException("the journal " + journal + " cannot be deleted", refused);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Machine.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Made made = context.getStore(NAMESPACE).get(Made.class, Made.class);
        if (made == null) {
            throw new MachineTestException(ExitCode.USAGE, "there is no machine here yet: a constructor and a static "
                + "method have one only if @MachineTest is on the class");
        }
        return made.machine;
    }
}
