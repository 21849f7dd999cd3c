/** The demo page in a real Chromium. */
@NullMarked
package io.tailwater.system.browser;

import org.jspecify.annotations.NullMarked;
