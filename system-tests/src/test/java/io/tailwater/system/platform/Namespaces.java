package io.tailwater.system.platform;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The namespaces of every platform of these tests. */
public final class Namespaces {
  /** Open to everyone. */
  public static final String DEMO = "demo";

  /** Needs a token. */
  public static final String CHAT = "chat";

  /** The platform's own; needs a token. */
  public static final String AI = "ai";

  /** The platform's own: what AI answers cost; users read their own channel. */
  public static final String USAGE = "ai-usage";

  /** Open, one partition: what is done to the topic is done to every channel. */
  public static final String BRIEF = "brief";

  /** Open, one partition: a topic that is made again. */
  public static final String AGAIN = "again";

  /** Open and ephemeral. */
  public static final String TYPING = "typing";

  /** Open, one partition; its slow readers skip to the newest event. */
  public static final String TICKER = "ticker";

  /** Open, one partition; its slow readers are disconnected. */
  public static final String STRICT = "strict";

  /** Open; keeps entries, for ever. */
  public static final String BOARD = "board";

  private Namespaces() {}

  /** The event-cores' configuration. */
  public static Map<String, Object> properties() {
    Map<String, Object> properties = new HashMap<>();
    for (String open : List.of(DEMO, BRIEF, AGAIN, TYPING, TICKER, STRICT, BOARD)) {
      properties.put("tailwater.namespaces." + open + ".anonymous-subscribe", true);
      properties.put("tailwater.namespaces." + open + ".anonymous-publish", true);
    }
    properties.put("tailwater.namespaces.demo.partitions", 4);
    properties.put("tailwater.namespaces.chat.partitions", 4);
    properties.put("tailwater.namespaces.chat.state", "map");
    properties.put("tailwater.namespaces.chat.presence", "members");
    properties.put("tailwater.namespaces.chat.presence-grace", "5s");
    properties.put("tailwater.namespaces.brief.partitions", 1);
    properties.put("tailwater.namespaces.again.partitions", 1);
    properties.put("tailwater.namespaces.typing.ephemeral", true);
    properties.put("tailwater.namespaces.typing.anonymous-patterns", true);
    properties.put("tailwater.namespaces.ticker.partitions", 1);
    properties.put("tailwater.namespaces.ticker.slow-readers", "latest");
    properties.put("tailwater.namespaces.strict.partitions", 1);
    properties.put("tailwater.namespaces.strict.slow-readers", "disconnect");
    properties.put("tailwater.namespaces.board.partitions", 2);
    properties.put("tailwater.namespaces.board.state", "map");
    properties.put("tailwater.namespaces.board.presence", "count");
    properties.put("tailwater.namespaces.board.retention", "forever");
    // Of the pages in the guide and the examples.
    properties.put("tailwater.namespaces.orders.topic", "shop.orders");
    properties.put("tailwater.namespaces.orders.partitions", 2);
    properties.put("tailwater.namespaces.orders.anonymous-subscribe", true);
    properties.put("tailwater.namespaces.orders.anonymous-patterns", true);
    properties.put("tailwater.namespaces.user.partitions", 1);
    properties.put("tailwater.namespaces.user.own-subscribe", true);
    properties.put("tailwater.namespaces.all.partitions", 1);
    properties.put("tailwater.namespaces.all.token-subscribe", true);
    // Who may do what there, the backend says.
    properties.put("tailwater.namespaces.members.partitions", 1);
    properties.put("tailwater.namespaces.members.state", "map");
    properties.put("tailwater.namespaces.members.authorize", "both");
    properties.put("tailwater.namespaces.ai.partitions", 2);
    properties.put("tailwater.namespaces.ai.platform-only", true);
    properties.put("tailwater.namespaces." + USAGE + ".partitions", 1);
    properties.put("tailwater.namespaces." + USAGE + ".platform-only", true);
    properties.put("tailwater.namespaces." + USAGE + ".own-subscribe", true);
    return properties;
  }
}
