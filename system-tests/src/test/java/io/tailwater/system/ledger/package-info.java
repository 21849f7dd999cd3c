/** What readers want, what they saw, and the comparison with what Kafka holds. */
@NullMarked
package io.tailwater.system.ledger;

import org.jspecify.annotations.NullMarked;
