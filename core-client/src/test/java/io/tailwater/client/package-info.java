@NullMarked
package io.tailwater.client;

import org.jspecify.annotations.NullMarked;
