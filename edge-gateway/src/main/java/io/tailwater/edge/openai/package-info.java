/**
 * AI streams for clients of OpenAI's protocol: {@code /v1/chat/completions} and {@code /v1/models}.
 * It stands on {@code edge.ai}, and nothing outside this package refers to it.
 */
@NullMarked
package io.tailwater.edge.openai;

import org.jspecify.annotations.NullMarked;
