/**
 * When things happen: the thread that owns a client's state, pauses, and the judgement of links.
 */
@NullMarked
package io.tailwater.javaclient.loop;

import org.jspecify.annotations.NullMarked;
