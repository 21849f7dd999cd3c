@NullMarked
package io.tailwater.ai.stream;

import org.jspecify.annotations.NullMarked;
