/** Long and short polling. */
@NullMarked
package io.tailwater.system.poll;

import org.jspecify.annotations.NullMarked;
