@NullMarked
package io.tailwater.launcher.data;

import org.jspecify.annotations.NullMarked;
