/** Who may change what: confinement to a thread, which assertions check. */
@NullMarked
package io.tailwater.core.thread;

import org.jspecify.annotations.NullMarked;
