// SPDX-License-Identifier: Apache-2.0
package io.mkemu.cli.type;

import io.mkemu.abi.IpiMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a mailbox. */
public final class IpiModeConverter implements ITypeConverter<IpiMode> {
    @Override
    public IpiMode convert(String name) {
        try {
            return IpiMode.of(name);
        } catch (IllegalArgumentException wrong) {
            throw new TypeConversionException(wrong.getMessage());
        }
    }
}
