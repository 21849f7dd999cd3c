/**
 * What the platform's services share as programs: how they are configured, how they start and stop,
 * and how they fail. A service describes itself as a {@link io.tailwater.service.Program}; its
 * configuration records check their bounds with {@link io.tailwater.service.Bounds}.
 */
@NullMarked
package io.tailwater.service;

import org.jspecify.annotations.NullMarked;
