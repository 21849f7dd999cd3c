/**
 * What answers prompts: the {@link io.tailwater.ai.model.Model} port and the models there are.
 * Knows nothing of channels, logs or requests.
 */
@NullMarked
package io.tailwater.ai.model;

import org.jspecify.annotations.NullMarked;
