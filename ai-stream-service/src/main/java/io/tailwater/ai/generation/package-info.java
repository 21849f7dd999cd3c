/** Running generations: from a request to the model, and from its answer into the log. */
@NullMarked
package io.tailwater.ai.generation;

import org.jspecify.annotations.NullMarked;
