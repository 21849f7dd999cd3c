@NullMarked
package io.tailwater.launcher.client;

import org.jspecify.annotations.NullMarked;
