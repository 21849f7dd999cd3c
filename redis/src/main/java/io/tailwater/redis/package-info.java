/**
 * The platform's Redis, which is one server or a Cluster. On a Cluster channels are sharded: each
 * is published on the server that its name belongs to, and listened to there. Nothing here keeps a
 * message for whoever was not there: who must not lose any looks for holes.
 */
@NullMarked
package io.tailwater.redis;

import org.jspecify.annotations.NullMarked;
