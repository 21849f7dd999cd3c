@NullMarked
package io.tailwater.edge.ai;

import org.jspecify.annotations.NullMarked;
