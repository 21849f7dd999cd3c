/**
 * Tests of the whole platform, a package for each feature; here is what all of them use. They stand
 * on {@code platform}, which stands on {@code clients}, which stand on {@code ledger}.
 */
@NullMarked
package io.tailwater.system;

import org.jspecify.annotations.NullMarked;
