/** HTTP: endpoints that belong to no protocol, filters, problems, and the way out of HTTP. */
@NullMarked
package io.tailwater.edge.http;

import org.jspecify.annotations.NullMarked;
