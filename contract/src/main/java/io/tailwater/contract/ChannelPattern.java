package io.tailwater.contract;

/**
 * All channels of a namespace whose keys begin with a prefix. Its text is {@code
 * namespace:prefix*}; a {@code *} has this meaning as the last character only.
 *
 * @param prefix up to 255 bytes of UTF-8 without control characters; empty for all channels
 */
public record ChannelPattern(String namespace, String prefix) implements Scope {
  public ChannelPattern {
    if (!Channel.isNamespace(namespace) || !(prefix.isEmpty() || Channel.isKey(prefix))) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "a pattern is namespace:* or namespace:prefix*, with a prefix of up to 255 bytes of UTF-8"
              + " without control characters");
    }
  }

  @Override
  public boolean covers(String channelNamespace, String channelKey) {
    return channelNamespace.equals(namespace) && channelKey.startsWith(prefix);
  }

  @Override
  public String toString() {
    return namespace + ":" + prefix + Channel.WILDCARD;
  }
}
