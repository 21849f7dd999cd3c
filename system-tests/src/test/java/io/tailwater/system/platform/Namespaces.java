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

  private Namespaces() {}

  /** The event-cores' configuration. */
  public static Map<String, Object> properties() {
    Map<String, Object> properties = new HashMap<>();
    for (String open : List.of(DEMO, BRIEF, AGAIN, TYPING, TICKER, STRICT)) {
      properties.put("tailwater.namespaces." + open + ".anonymous-subscribe", true);
      properties.put("tailwater.namespaces." + open + ".anonymous-publish", true);
    }
    properties.put("tailwater.namespaces.demo.partitions", 4);
    properties.put("tailwater.namespaces.chat.partitions", 4);
    properties.put("tailwater.namespaces.brief.partitions", 1);
    properties.put("tailwater.namespaces.again.partitions", 1);
    properties.put("tailwater.namespaces.typing.ephemeral", true);
    properties.put("tailwater.namespaces.ticker.partitions", 1);
    properties.put("tailwater.namespaces.ticker.slow-readers", "latest");
    properties.put("tailwater.namespaces.strict.partitions", 1);
    properties.put("tailwater.namespaces.strict.slow-readers", "disconnect");
    properties.put("tailwater.namespaces.ai.partitions", 2);
    properties.put("tailwater.namespaces.ai.platform-only", true);
    return properties;
  }
}
