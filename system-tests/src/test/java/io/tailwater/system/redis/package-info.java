/** The platform with a Redis Cluster, and without any Redis. */
@NullMarked
package io.tailwater.system.redis;

import org.jspecify.annotations.NullMarked;
