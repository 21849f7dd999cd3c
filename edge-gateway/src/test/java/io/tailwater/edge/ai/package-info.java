/** Tests of what AI streams need at the gateway. */
@NullMarked
package io.tailwater.edge.ai;

import org.jspecify.annotations.NullMarked;
