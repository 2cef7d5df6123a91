// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Exceptions in words for the user. Stateless; any thread. */
public final class ErrorText {
    private ErrorText() {
    }

    /** What went wrong with a file: some file exceptions say nothing but the file's name. */
    public static String of(IOException broken) {
        return switch (broken) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file or directory";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            default -> broken.getMessage() == null ? broken.toString() : broken.getMessage();
        };
    }

    /** A message that may have several lines, on one. */
    public static String oneLine(String message) {
        return message.replaceAll("\\s*\\R\\s*", " ");
    }
}
