/** Calls of the backend. */
@NullMarked
package io.tailwater.system.calls;

import org.jspecify.annotations.NullMarked;
