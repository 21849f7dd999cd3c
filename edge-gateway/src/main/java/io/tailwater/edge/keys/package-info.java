/** Public keys of other issuers of tokens, read from where they publish them. */
@NullMarked
package io.tailwater.edge.keys;

import org.jspecify.annotations.NullMarked;
