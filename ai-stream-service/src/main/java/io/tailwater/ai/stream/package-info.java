/** A generation's stream: its name, its events, and how they get into the log and out of it. */
@NullMarked
package io.tailwater.ai.stream;

import org.jspecify.annotations.NullMarked;
