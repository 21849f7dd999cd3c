/** The delivery contract over every transport and under every fault, and its sharpest cases. */
@NullMarked
package io.tailwater.system.delivery;

import org.jspecify.annotations.NullMarked;
