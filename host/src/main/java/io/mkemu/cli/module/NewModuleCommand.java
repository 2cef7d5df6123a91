// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.module;

import io.mkemu.ExitCode;
import io.mkemu.MachineException;
import io.mkemu.host.control.Protocol;
import io.mkemu.host.life.InstanceCommand;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.SourceVersion;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mk module new}: a project that builds, tests and runs at once. */
@Command(name = "new", mixinStandardHelpOptions = true, header = "Makes a project of a kernel module.", description = {
    "Makes a directory with a module that works, a device tree that runs it, and tests: a place to begin.",
    "A Maven project needs mkemu's artifacts, which scripts/install puts into the local repository. A plain one needs "
        + "nothing but mk: mk module build makes its jar, and mk simulate tests it."},
    footer = {"", "Example: mk module new my-lock --maven"})
final class NewModuleCommand implements Callable<Integer> {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
    private static final int LONGEST = 40;
    private static final String SERVICES = "src/main/resources/META-INF/services/io.mkemu.module.";

    /** Which kind of project. */
    static final class Kind {
        @Option(names = "--maven", description = "With a pom.xml, a unit test and a test with real processes: the "
            + "default.")
        private boolean maven;

        @Option(names = "--plain", description = "Without Maven: mk module build makes the jar.")
        private boolean plain;
    }

    @Parameters(paramLabel = "NAME", description = "Name of the module, of its directory and its jar: my-lock.")
    private String name;

    @ArgGroup
    private Kind kind;

    @Spec
    private CommandSpec command;

    @Override
    public Integer call() throws IOException {
        String packageName = name.replace("-", "");
        if (!NAME.matcher(name).matches() || name.length() > LONGEST || SourceVersion.isKeyword(packageName)) {
            throw new ParameterException(command.commandLine(), "NAME '" + name + "': use 1 to " + LONGEST
                + " of a-z and 0-9, words with '-' between them, the first a letter, and no word of the Java language");
        }
        Path directory = Path.of(name);
        if (Files.exists(directory)) {
            throw new MachineException(ExitCode.USAGE, directory.toAbsolutePath() + " is there already: choose another "
                + "name, or remove it");
        }
        boolean plain = kind != null && kind.plain;
        Files.createDirectory(directory);
        write(directory, packageName, plain);
        System.out.println("made " + name + ": cd " + name + (plain ? "; mk module build; mk run " + name + ".dts"
            : "; " + mvn(directory) + " test; mk run " + name + ".dts"));
        return ExitCode.OK.code();
    }

    private void write(Path directory, String packageName, boolean plain) throws IOException {
        String className = Stream.of(name.split("-")).map(word -> Character.toUpperCase(word.charAt(0))
            + word.substring(1)).collect(Collectors.joining());
        String sources = "src/main/java/" + packageName + "/";
        String tests = "src/test/java/" + packageName + "/";
        Map<String, String> files = new LinkedHashMap<>();
        files.put(sources + className + ".java", template("Module.java"));
        files.put(SERVICES + "KernelModule", packageName + "." + className + "\n");
        files.put(name + ".dts", template("machine.dts"));
        files.put(".gitignore", "target/\n");
        if (plain) {
            files.put(sources + "AllAnswered.java", template("Check.java"));
            files.put(SERVICES + "Check", packageName + ".AllAnswered\n");
            files.put("README.md", template("README.plain"));
        } else {
            copyWrapper(directory);
            files.put(tests + className + "Test.java", template("Test.java"));
            files.put(tests + className + "MachineTest.java", template("MachineTest.java"));
            files.put("pom.xml", template("pom.xml"));
            files.put("README.md", template("README.maven"));
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue().replace("@name@", name).replace("@class@", className)
                .replace("@package@", packageName).replace("@version@", Protocol.version())
                .replace("@mvn@", mvn(directory)));
        }
    }

    /** What calls Maven there. */
    private static String mvn(Path directory) {
        return Files.exists(directory.resolve("mvnw")) ? "./mvnw" : "mvn";
    }

    /** Maven's wrapper is mkemu's own, if this mkemu is a checkout: the Maven with which its artifacts are made. */
    private static void copyWrapper(Path directory) throws IOException {
        Path root = InstanceCommand.home().resolve("../..");
        for (String file : new String[] {"mvnw", "mvnw.cmd", ".mvn/jvm.config",
            ".mvn/wrapper/maven-wrapper.properties"}) {
            if (Files.isRegularFile(root.resolve(file))) {
                Path to = directory.resolve(file);
                Files.createDirectories(to.getParent());
                Files.copy(root.resolve(file), to, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    private static String template(String file) throws IOException {
        try (InputStream bytes = NewModuleCommand.class.getResourceAsStream(file + ".txt")) {
            return new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
