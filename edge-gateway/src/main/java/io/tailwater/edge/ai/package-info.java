/**
 * AI streams over HTTP: create, look, cancel. The text itself is an ordinary channel, read like any
 * other. Nothing outside this package knows of generations.
 */
@NullMarked
package io.tailwater.edge.ai;

import org.jspecify.annotations.NullMarked;
