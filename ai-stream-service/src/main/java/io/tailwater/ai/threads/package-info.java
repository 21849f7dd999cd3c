/** The check that one thread owns an object. */
@NullMarked
package io.tailwater.ai.threads;

import org.jspecify.annotations.NullMarked;
