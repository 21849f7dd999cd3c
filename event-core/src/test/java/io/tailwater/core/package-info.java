@NullMarked
package io.tailwater.core;

import org.jspecify.annotations.NullMarked;
