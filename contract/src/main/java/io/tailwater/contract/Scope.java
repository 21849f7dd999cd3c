package io.tailwater.contract;

/**
 * What one subscription reads: a channel, or all channels that a pattern covers. Its text, {@code
 * toString}, is what a client writes for it.
 */
public sealed interface Scope permits Channel, ChannelPattern {
  /** The namespace of every channel in it. */
  String namespace();

  /** Whether it is the channel with this namespace and key, or covers it. */
  boolean covers(String channelNamespace, String channelKey);
}
