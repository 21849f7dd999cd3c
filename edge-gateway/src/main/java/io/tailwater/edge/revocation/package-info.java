/** Reads the revocations of tokens from the log, which every gateway has to know. */
@NullMarked
package io.tailwater.edge.revocation;

import org.jspecify.annotations.NullMarked;
