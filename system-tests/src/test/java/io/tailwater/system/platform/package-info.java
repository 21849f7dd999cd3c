/** Platforms to test against, whose parts can be killed, and what belongs to each. */
@NullMarked
package io.tailwater.system.platform;

import org.jspecify.annotations.NullMarked;
