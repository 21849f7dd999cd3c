@NullMarked
package io.tailwater.edge.keys;

import org.jspecify.annotations.NullMarked;
