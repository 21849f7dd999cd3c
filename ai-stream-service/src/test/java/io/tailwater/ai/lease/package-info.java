@NullMarked
package io.tailwater.ai.lease;

import org.jspecify.annotations.NullMarked;
