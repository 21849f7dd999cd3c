/**
 * AI streams for Vercel's AI SDK: the UI message stream of {@code useChat}, which finds the answer
 * of its chat again. It stands on {@code edge.ai}, and nothing outside this package refers to it.
 */
@NullMarked
package io.tailwater.edge.ui;

import org.jspecify.annotations.NullMarked;
