/**
 * The Kafka and the Redis of tests. One switch says where they run, {@link
 * io.tailwater.servers.TestServers#SWITCH}; the product itself knows nothing of it.
 */
@NullMarked
package io.tailwater.servers;

import org.jspecify.annotations.NullMarked;
