/** Files of the build, as gateways serve them. */
@NullMarked
package io.tailwater.edge.files;

import org.jspecify.annotations.NullMarked;
