// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.abi.IpiMode;
import io.mkemu.abi.TraceMode;
import io.mkemu.journal.JournalLimits;
import io.mkemu.journal.event.EventName;
import io.mkemu.log.LogLevel;
import io.mkemu.trace.MessageId;
import io.mkemu.tree.RestartPolicy;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a value of the command line; what is wrong with it is told in the words of its reader. An option whose type
 * says alone how it is read needs none of its own: see {@link #register}.
 */
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

    /** Has a command line, and the subcommands that it has now, read the types that mkemu's commands use. */
    public static CommandLine register(CommandLine commands) {
        return commands.registerConverter(CpuList.class, by(CpuList::parse))
            .registerConverter(EventName.class, by(EventName::of))
            .registerConverter(IpiMode.class, by(IpiMode::of))
            .registerConverter(JournalLimits.class, by(JournalFlags::limits))
            .registerConverter(LogLevel.class, by(LogLevel::parse))
            .registerConverter(RestartPolicy.class, by(RestartPolicy::of))
            .registerConverter(Seconds.class, new Seconds.Converter())
            .registerConverter(TimePoint.class, new TimePoint.Converter())
            .registerConverter(TraceMode.class, by(TraceMode::of));
    }

    private static <T> Converter<T> by(Function<String, T> reader) {
        return new Converter<>() {
            @Override
            protected T read(String text) {
                return reader.apply(text);
            }
        };
    }

    /** Ids of messages as a trace prints them. */
    public static final class Message extends Converter<Long> {
        @Override
        protected Long read(String text) {
            return MessageId.parse(text);
        }
    }
}
