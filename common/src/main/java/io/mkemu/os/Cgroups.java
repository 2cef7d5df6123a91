// SPDX-License-Identifier: Apache-2.0
package io.mkemu.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The limits that control groups set to this process: its own group and every group above it count, in version 1 and
 * version 2, because the smallest limit of them is the one that the kernel enforces.
 *
 * <p>Thread-safe: each call reads the files anew. A file that is not there, or says nothing that is a number, is no
 * limit; no method throws.
 */
public final class Cgroups {
    /** Version 1 writes "no limit" as the largest multiple of a page below 2^63. */
    private static final long UNLIMITED = 1L << 62;

    private final Path root;

    /**
     * A limit.
     *
     * @param value how much; Long.MAX_VALUE if there is none
     * @param file  where it is written; null if there is none
     */
    public record Limit(long value, Path file) {
        static final Limit NONE = new Limit(Long.MAX_VALUE, null);

        /** Whether there is one. */
        public boolean isSet() {
            return file != null;
        }

        /**
         * What is used of it now.
         *
         * @return -1 if the system does not tell
         */
        public long used() {
            String name = file.getFileName().toString();
            String usage = switch (name) {
                case "memory.max" -> "memory.current";
                case "memory.limit_in_bytes" -> "memory.usage_in_bytes";
                default -> "pids.current";
            };
            String text = text(file.resolveSibling(usage));
            return text != null && text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
        }
    }

    private Cgroups(Path root) {
        this.root = root;
    }

    /** Those of this process. */
    public static Cgroups own() {
        return new Cgroups(Path.of("/"));
    }

    /** Those that a copy of /proc/self and of the mounted groups below another root describes. */
    static Cgroups of(Path root) {
        return new Cgroups(root);
    }

    /** The limit for memory, in bytes. Pages on a memory file system count towards it. */
    public Limit memory() {
        return smallest("memory", "memory.max", "memory.limit_in_bytes");
    }

    /** The limit for processes and threads. */
    public Limit pids() {
        return smallest("pids", "pids.max", "pids.max");
    }

    /** Which versions are mounted: {@code v1}, {@code v2}, {@code v1 and v2} or {@code none}. */
    public String version() {
        boolean first = false;
        boolean second = false;
        for (Mount mount : mounts()) {
            first |= mount.type().equals("cgroup");
            second |= mount.type().equals("cgroup2");
        }
        return first && second ? "v1 and v2" : first ? "v1" : second ? "v2" : "none";
    }

    private Limit smallest(String controller, String v2File, String v1File) {
        Limit smallest = Limit.NONE;
        for (Mount mount : mounts()) {
            boolean v2 = mount.type().equals("cgroup2");
            if (v2 || mount.options().contains(controller)) {
                for (Path group : groups(mount, ownPath(v2 ? "" : controller))) {
                    Limit limit = limit(group.resolve(v2 ? v2File : v1File));
                    smallest = limit.value() < smallest.value() ? limit : smallest;
                }
            }
        }
        return smallest;
    }

    private static Limit limit(Path file) {
        String text = text(file);
        if (text == null || !text.matches("\\d{1,19}")) {
            return Limit.NONE;
        }
        try {
            long value = Long.parseLong(text);
            return value >= UNLIMITED ? Limit.NONE : new Limit(value, file);
        } catch (NumberFormatException moreThanALong) {
            return Limit.NONE;
        }
    }

    /** The own group and all above it, as far as the mount shows them. */
    private static List<Path> groups(Mount mount, String own) {
        List<Path> groups = new ArrayList<>();
        Path below = Path.of("/");
        Path mountRoot = Path.of(mount.root());
        if (own != null && Path.of(own).startsWith(mountRoot)) {
            below = below.resolve(mountRoot.relativize(Path.of(own)).toString());
        }
        /* A name space shows a group outside of it as /../x: the mount then shows no part of the way to it. */
        Path relative = below.toString().contains("..") ? Path.of("") : Path.of("/").relativize(below);
        for (Path group = mount.point().resolve(relative); group.startsWith(mount.point()); group = group.getParent()) {
            groups.add(group);
        }
        return groups;
    }

    /** The path of the own group; an empty controller is version 2. */
    private String ownPath(String controller) {
        for (String line : lines("proc/self/cgroup")) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && List.of(fields[1].split(",")).contains(controller)) {
                return fields[2];
            }
        }
        return null;
    }

    private record Mount(Path point, String root, String type, List<String> options) {
    }

    private List<Mount> mounts() {
        List<Mount> mounts = new ArrayList<>();
        for (String line : lines("proc/self/mountinfo")) {
            int end = line.indexOf(" - ");
            String[] place = line.split(" ");
            String[] what = end < 0 ? new String[0] : line.substring(end + 3).split(" ");
            if (place.length > 5 && what.length > 2 && what[0].startsWith("cgroup")) {
                Path point = root.resolve(Path.of("/").relativize(Path.of(unescape(place[4]))));
                mounts.add(new Mount(point, unescape(place[3]), what[0], List.of(what[2].split(","))));
            }
        }
        return mounts;
    }

    /** Blanks and the like are written as \040. */
    private static String unescape(String field) {
        StringBuilder plain = new StringBuilder();
        for (int at = 0; at < field.length(); at++) {
            if (field.charAt(at) == '\\' && at + 3 < field.length()) {
                plain.append((char) Integer.parseInt(field.substring(at + 1, at + 4), 8));
                at += 3;
            } else {
                plain.append(field.charAt(at));
            }
        }
        return plain.toString();
    }

    private List<String> lines(String file) {
        String text = text(root.resolve(file));
        return text == null ? List.of() : text.lines().toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException notThere) {
            return null;
        }
    }
}
