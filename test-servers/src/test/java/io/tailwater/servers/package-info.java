@NullMarked
package io.tailwater.servers;

import org.jspecify.annotations.NullMarked;
