package io.tailwater.edge.roster;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tailwater.contract.Channel;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.presence.Member;
import io.tailwater.edge.presence.PresenceUpdate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stateless: what watchers of a channel are told. */
final class UpdateJson {
  /** A block of a state is full with about this many characters of members. */
  private static final int BLOCK_CHARS = 64 << 10;

  /** About what a member takes besides its subject and its information. */
  private static final int MEMBER_CHARS = 64;

  private UpdateJson() {}

  /** The state of a channel, in blocks. */
  static List<PresenceUpdate> state(Channel channel, View view) {
    List<Member> members = view.members();
    if (members == null) {
      return List.of(update(channel, view, new PresenceUpdate.Block(true, false, null), NONE));
    }
    List<List<Member>> blocks = new ArrayList<>();
    List<Member> block = new ArrayList<>();
    int chars = 0;
    for (Member member : members) {
      block.add(member);
      chars += MEMBER_CHARS + member.subject().length() + member.info().length();
      if (chars > BLOCK_CHARS) {
        blocks.add(block);
        block = new ArrayList<>();
        chars = 0;
      }
    }
    if (!block.isEmpty() || blocks.isEmpty()) {
      blocks.add(block);
    }
    List<PresenceUpdate> updates = new ArrayList<>(blocks.size());
    for (int i = 0; i < blocks.size(); i++) {
      updates.add(
          update(
              channel,
              view,
              new PresenceUpdate.Block(i == 0, i + 1 < blocks.size(), List.copyOf(blocks.get(i))),
              NONE));
    }
    return updates;
  }

  private static final View.Change NONE = new View.Change(false, List.of(), List.of(), List.of());

  /** What has changed in a channel. */
  static List<PresenceUpdate> change(Channel channel, View view, View.Change change) {
    return List.of(update(channel, view, null, change));
  }

  private static PresenceUpdate update(
      Channel channel, View view, PresenceUpdate.@Nullable Block block, View.Change change) {
    String json =
        JsonText.object(
            to -> {
              to.writeStringField("channel", channel.toString());
              to.writeNumberField("count", view.count());
              if (view.stale()) {
                to.writeBooleanField("stale", true);
              }
              if (block != null) {
                if (block.members() != null) {
                  members("members", block.members(), to);
                }
                if (block.first()) {
                  to.writeBooleanField("first", true);
                }
                if (block.more()) {
                  to.writeBooleanField("more", true);
                }
              }
              members("joined", change.joined(), to, true);
              if (!change.left().isEmpty()) {
                to.writeArrayFieldStart("left");
                for (String subject : change.left()) {
                  to.writeString(subject);
                }
                to.writeEndArray();
              }
              members("changed", change.changed(), to, true);
            });
    return new PresenceUpdate(
        channel,
        view.count(),
        view.stale(),
        block,
        change.joined(),
        change.left(),
        change.changed(),
        json.getBytes(StandardCharsets.UTF_8));
  }

  private static void members(
      String field, List<Member> members, JsonGenerator json, boolean unlessEmpty)
      throws IOException {
    if (!unlessEmpty || !members.isEmpty()) {
      members(field, members, json);
    }
  }

  /** Writes a list of members. */
  static void members(String field, List<Member> members, JsonGenerator json) throws IOException {
    json.writeArrayFieldStart(field);
    for (Member member : members) {
      json.writeStartObject();
      json.writeStringField("subject", member.subject());
      json.writeNumberField("since_ms", member.sinceMs());
      if (!member.info().isEmpty()) {
        json.writeFieldName("info");
        json.writeRawValue(member.info());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
