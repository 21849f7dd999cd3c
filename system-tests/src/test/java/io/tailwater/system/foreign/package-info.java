/** Unmodified clients of other projects. */
@NullMarked
package io.tailwater.system.foreign;

import org.jspecify.annotations.NullMarked;
