/**
 * A namespace and its Kafka topic: its rules, the meaning of its records, and the clients that read
 * and write it.
 */
@NullMarked
package io.tailwater.core.topic;

import org.jspecify.annotations.NullMarked;
