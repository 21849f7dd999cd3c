/** Publishing: the way in, from {@code POST /v1/events} to the verdict of the log. */
@NullMarked
package io.tailwater.edge.publish;

import org.jspecify.annotations.NullMarked;
