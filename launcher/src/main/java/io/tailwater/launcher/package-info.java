/**
 * One command for a laptop and for tests: Kafka, Redis and all services, either in this JVM or each
 * as its own process, behind a balancer on one port; and the command line that talks to any
 * Tailwater server.
 */
@NullMarked
package io.tailwater.launcher;

import org.jspecify.annotations.NullMarked;
