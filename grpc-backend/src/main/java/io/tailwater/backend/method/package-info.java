/** What a call of a backend is: its arguments, its result, and why it can fail. */
@NullMarked
package io.tailwater.backend.method;

import org.jspecify.annotations.NullMarked;
