@NullMarked
package io.tailwater.launcher.platform;

import org.jspecify.annotations.NullMarked;
