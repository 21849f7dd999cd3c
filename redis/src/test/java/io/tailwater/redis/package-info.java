@NullUnmarked
package io.tailwater.redis;

import org.jspecify.annotations.NullUnmarked;
