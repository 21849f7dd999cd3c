/** Input at random, with a seed, over everything that reads bytes from outside. */
@NullMarked
package io.tailwater.system.fuzz;

import org.jspecify.annotations.NullMarked;
