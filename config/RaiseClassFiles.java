// SPDX-License-Identifier: Apache-2.0

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * A step of the build: {@code java RaiseClassFiles.java JAR} makes, of a library for Java 5, a jar that AOT caches can
 * hold, and puts it in the place of the first, with "-raised" in its name. An AOT cache takes no class whose file has a
 * version below 50, because such classes are verified without stack map frames. Each of them gets version 52 (Java 8)
 * and frames; what its methods do stays as it is, instruction by instruction. The manifest says so.
 */
final class RaiseClassFiles {
    private static final int TOO_OLD = ClassFile.JAVA_6_VERSION;
    private static final Attributes.Name NOTICE = new Attributes.Name("Mkemu-Notice");

    private RaiseClassFiles() {
    }

    public static void main(String[] args) throws IOException {
        Path from = Path.of(args[0]);
        Path to = from.resolveSibling(from.getFileName().toString().replaceFirst("\\.jar$", "-raised.jar"));
        int raised = raise(from, to);
        if (raised == 0) {
            throw new IOException(from + " has no class that is too old for an AOT cache: take this step out of the build");
        }
        Files.delete(from);
        System.out.println(to.getFileName() + ": " + raised + " classes");
    }

    private static int raise(Path from, Path to) throws IOException {
        Path aside = to.resolveSibling(to.getFileName() + ".new");
        int raised = 0;
        try (JarFile jar = new JarFile(from.toFile()); OutputStream file = Files.newOutputStream(aside);
            JarOutputStream out = new JarOutputStream(file)) {
            Map<String, byte[]> entries = new LinkedHashMap<>();
            for (JarEntry entry : Collections.list(jar.entries())) {
                try (InputStream in = jar.getInputStream(entry)) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
            ClassFile api = classFile(entries);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                byte[] bytes = entry.getValue();
                JarEntry copy = new JarEntry(entry.getKey());
                /* The same sources are to give the same bytes. */
                copy.setLastModifiedTime(FileTime.fromMillis(jar.getEntry(entry.getKey()).getTime()));
                out.putNextEntry(copy);
                if (entry.getKey().equals(JarFile.MANIFEST_NAME)) {
                    Manifest manifest = new Manifest(new ByteArrayInputStream(bytes));
                    manifest.getMainAttributes().put(NOTICE, "Changed by mkemu's build: class files of versions below "
                        + TOO_OLD + " have version " + ClassFile.JAVA_8_VERSION + " and stack map frames, for AOT caches; "
                        + "nothing else");
                    manifest.write(out);
                } else if (entry.getKey().endsWith(".class") && api.parse(bytes).majorVersion() < TOO_OLD) {
                    out.write(raise(api, api.parse(bytes)));
                    raised++;
                } else {
                    out.write(bytes);
                }
                out.closeEntry();
            }
        }
        Files.move(aside, to, StandardCopyOption.ATOMIC_MOVE);
        return raised;
    }

    private static byte[] raise(ClassFile api, ClassModel old) {
        /* A method whose body is not transformed is copied as it is, without frames. */
        return api.transformClass(old, ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
            .andThen(ClassTransform.dropping(ClassFileVersion.class::isInstance))
            .andThen(ClassTransform.endHandler(raised -> raised.withVersion(ClassFile.JAVA_8_VERSION, 0))));
    }

    /** Frames say which class two others have in common: it is looked for in the jar first, then in the JDK. */
    private static ClassFile classFile(Map<String, byte[]> entries) {
        ClassHierarchyResolver jar = ClassHierarchyResolver.ofResourceParsing((ClassDesc type) -> {
            String name = type.descriptorString();
            byte[] bytes = entries.get(name.substring(1, name.length() - 1) + ".class");
            return bytes == null ? null : new ByteArrayInputStream(bytes);
        });
        return ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
            ClassFile.ClassHierarchyResolverOption.of(jar.orElse(ClassHierarchyResolver.defaultResolver())));
    }
}
