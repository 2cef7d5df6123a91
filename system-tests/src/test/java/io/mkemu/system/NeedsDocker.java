// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import io.mkemu.testkit.Alone;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests that run containers: see {@link DockerCondition} for what becomes of them without Docker. */
@Alone
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(DockerCondition.class)
@Timeout(480)
@interface NeedsDocker {
}
