/**
 * For the launcher only: the demo page, the chat, and buttons that break connections to show that
 * nothing is lost.
 */
@NullMarked
package io.tailwater.edge.dev;

import org.jspecify.annotations.NullMarked;
