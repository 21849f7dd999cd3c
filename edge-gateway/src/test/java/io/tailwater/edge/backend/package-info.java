@NullMarked
package io.tailwater.edge.backend;

import org.jspecify.annotations.NullMarked;
