@NullMarked
package io.tailwater.launcher.balancer;

import org.jspecify.annotations.NullMarked;
