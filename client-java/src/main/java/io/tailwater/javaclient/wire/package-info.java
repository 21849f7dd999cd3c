/** Texts of the protocol: positions, and event streams. */
@NullMarked
package io.tailwater.javaclient.wire;

import org.jspecify.annotations.NullMarked;
