// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceMode;
import io.mkemu.log.LogLevel;
import io.mkemu.trace.MessageId;
import io.mkemu.tree.RestartPolicy;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a value of the command line; what is wrong with it is told in the words of its reader. */
public abstract class Converter<T> implements ITypeConverter<T> {
    /**
     * Reads a text.
     *
     * @throws IllegalArgumentException in one line, if it is no such value
     */
    protected abstract T read(String text);

    @Override
    public final T convert(String text) {
        try {
            return read(text);
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(wrong.getMessage());
        }
    }

    /** Mailboxes. */
    public static final class Ipi extends Converter<IpiMode> {
        @Override
        protected IpiMode read(String text) {
            return IpiMode.of(text);
        }
    }

    /** Names as dmesg has them, or numbers. */
    public static final class Level extends Converter<LogLevel> {
        @Override
        protected LogLevel read(String text) {
            return LogLevel.parse(text);
        }
    }

    /** Ids of messages as a trace prints them. */
    public static final class Message extends Converter<Long> {
        @Override
        protected Long read(String text) {
            return MessageId.parse(text);
        }
    }

    /** When an instance is started again. */
    public static final class Restart extends Converter<RestartPolicy> {
        @Override
        protected RestartPolicy read(String text) {
            return RestartPolicy.of(text);
        }
    }

    /** What is recorded. */
    public static final class Mode extends Converter<TraceMode> {
        @Override
        protected TraceMode read(String text) {
            return TraceMode.of(text);
        }
    }

    /** Types of IPIs: 32 bits, decimal or 0x. */
    public static final class Type extends Converter<Integer> {
        private static final int HEX = 16;

        @Override
        protected Integer read(String text) {
            try {
                return text.regionMatches(true, 0, "0x", 0, 2) ? Integer.parseUnsignedInt(text.substring(2), HEX)
                    : Integer.parseUnsignedInt(text);
            } catch (NumberFormatException none) {
                throw new IllegalArgumentException("'" + text + "' is no IPI type: expected 32 bits, as 101 or 0x65",
                    none);
            }
        }
    }
}
