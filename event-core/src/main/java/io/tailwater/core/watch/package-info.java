/** Looks at Kafka's topics while the fold reads them, and answers what rests on absence. */
@NullMarked
package io.tailwater.core.watch;

import org.jspecify.annotations.NullMarked;
