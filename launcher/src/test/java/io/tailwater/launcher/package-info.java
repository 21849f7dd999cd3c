@NullMarked
package io.tailwater.launcher;

import org.jspecify.annotations.NullMarked;
