/**
 * What both sides of a wire agree on: channel names, event ids, positions, error codes. Holds no
 * state.
 *
 * <p>The messages between services are in {@code src/main/protobuf}; the public contract is {@code
 * docs/protocol.md}.
 */
@NullMarked
package io.tailwater.contract;

import org.jspecify.annotations.NullMarked;
