/**
 * Renders the Markdown of the repository to the pages that gateways serve at {@code /docs}. It runs
 * while the project is built.
 */
@NullMarked
package io.tailwater.docs;

import org.jspecify.annotations.NullMarked;
