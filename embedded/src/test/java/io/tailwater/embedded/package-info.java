@NullMarked
package io.tailwater.embedded;

import org.jspecify.annotations.NullMarked;
