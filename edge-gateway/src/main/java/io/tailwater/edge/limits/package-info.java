/** Limits of subjects and addresses. */
@NullMarked
package io.tailwater.edge.limits;

import org.jspecify.annotations.NullMarked;
