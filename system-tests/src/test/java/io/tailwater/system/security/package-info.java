/** Attacks on a platform of its own, each with an honest client beside it: {@code -Psecurity}. */
@NullMarked
package io.tailwater.system.security;

import org.jspecify.annotations.NullMarked;
