/** A real Kafka broker (KRaft) and a real Redis on one machine, for the launcher and for tests. */
@NullMarked
package io.tailwater.embedded;

import org.jspecify.annotations.NullMarked;
