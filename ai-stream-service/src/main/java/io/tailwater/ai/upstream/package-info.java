/**
 * Models behind servers that speak OpenAI's protocol: OpenAI, Ollama, vLLM, llama.cpp. Knows
 * nothing of channels, logs or clients.
 */
@NullMarked
package io.tailwater.ai.upstream;

import org.jspecify.annotations.NullMarked;
