/** Operators' endpoints, and the demo page's fault buttons. */
@NullMarked
package io.tailwater.system.admin;

import org.jspecify.annotations.NullMarked;
