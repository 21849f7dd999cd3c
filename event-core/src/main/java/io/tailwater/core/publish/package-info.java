/**
 * The way into the log: a request is checked, appended to Kafka, and judged once the fold has
 * passed it.
 */
@NullMarked
package io.tailwater.core.publish;

import org.jspecify.annotations.NullMarked;
