// SPDX-License-Identifier: Apache-2.0
package io.mkemu.system;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tests that look at a page: see {@link BrowserCondition} for what becomes of them without a browser. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(BrowserCondition.class)
@Timeout(900)
@interface NeedsBrowser {
}
