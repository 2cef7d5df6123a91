// SPDX-License-Identifier: Apache-2.0
package io.mkemu.journal;

import java.util.function.Consumer;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Where libraries that log by SLF4J, Chronicle alone, end up: what they call an error is one line for the user, all
 * else is nobody's business. Public because SLF4J makes it; for nobody else.
 */
public final class QuietLogging implements SLF4JServiceProvider {
    private static volatile Consumer<String> errors = QuietLogging::toStderr;

    private final ILoggerFactory loggers = QuietLogger::new;
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();

    /** Says who is told of errors from now on, in one line each; by default they go to stderr. */
    static void errorsTo(Consumer<String> sink) {
        errors = sink == null ? QuietLogging::toStderr : sink;
    }

    /** Tells of an error. */
    static void error(String message) {
        errors.accept(("journal: " + message).replaceAll("\\s*\\R\\s*", " "));
    }

    private static void toStderr(String line) {
        System.err.println("mk: " + line);
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return loggers;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {
        /* Nothing to prepare. */
    }

    private static final class QuietLogger extends LegacyAbstractLogger {
        private static final long serialVersionUID = 1L;

        QuietLogger(String name) {
            this.name = name;
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(Level level, Marker marker, String pattern, Object[] arguments,
            Throwable fault) {
            String message = MessageFormatter.basicArrayFormat(pattern, arguments);
            QuietLogging.error(fault == null ? message : message + ": " + fault);
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }
    }
}
