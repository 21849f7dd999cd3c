/** Limits per subject and address, and readers that are slow or stop. */
@NullMarked
package io.tailwater.system.limits;

import org.jspecify.annotations.NullMarked;
