/** Answers of AI models as streams. */
@NullMarked
package io.tailwater.system.ai;

import org.jspecify.annotations.NullMarked;
