@NullMarked
package io.tailwater.ai;

import org.jspecify.annotations.NullMarked;
