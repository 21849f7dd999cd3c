/** The state of channels, for requests that read it page by page. */
@NullMarked
package io.tailwater.edge.state;

import org.jspecify.annotations.NullMarked;
