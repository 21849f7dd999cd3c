/** What code that blocks its thread needs: time to wait in, and a check that one thread owns it. */
@NullMarked
package io.tailwater.ai.threads;

import org.jspecify.annotations.NullMarked;
