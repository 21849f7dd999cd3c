/**
 * The commands that talk to a running server: publish, subscribe, watch an answer, sign a token.
 */
@NullMarked
package io.tailwater.launcher.client;

import org.jspecify.annotations.NullMarked;
