/**
 * The fold: records of Kafka in, events out, one partition after another on one thread; and what
 * other threads see of it.
 */
@NullMarked
package io.tailwater.core.fold;

import org.jspecify.annotations.NullMarked;
