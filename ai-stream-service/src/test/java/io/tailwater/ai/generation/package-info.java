@NullMarked
package io.tailwater.ai.generation;

import org.jspecify.annotations.NullMarked;
