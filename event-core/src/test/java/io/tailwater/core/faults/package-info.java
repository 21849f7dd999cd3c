/** Faults that tests put into a running event-core, in place of production's seams. */
@NullMarked
package io.tailwater.core.faults;

import org.jspecify.annotations.NullMarked;
