package io.tailwater.backend.chat;

import io.tailwater.backend.method.Method;
import java.util.Map;

/** The methods that this backend has, by their names. Stateless. */
public final class ChatMethods {
  private ChatMethods() {}

  /** All of them, over this log. */
  public static Map<String, Method> of(RoomLog log) {
    MessageMethods messages = new MessageMethods(log);
    RoomMethods rooms = new RoomMethods(log);
    NoticeMethods notices = new NoticeMethods(log);
    return Map.of(
        "chat.send", messages::send,
        "chat.edit", messages::edit,
        "chat.redact", messages::redact,
        "room.info", rooms::info,
        "room.set", rooms::set,
        "user.send", notices::send,
        "announce", notices::announce);
  }
}
