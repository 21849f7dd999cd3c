/** The documentation at {@code /docs}, as the module {@code docs-site} has rendered it. */
@NullMarked
package io.tailwater.edge.docs;

import org.jspecify.annotations.NullMarked;
