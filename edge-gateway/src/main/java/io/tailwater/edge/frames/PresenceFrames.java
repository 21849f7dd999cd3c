package io.tailwater.edge.frames;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.Presence;
import io.tailwater.edge.presence.Member;
import io.tailwater.edge.presence.PresenceUpdate;

/** Stateless: who is present in a channel, as binary frames. */
final class PresenceFrames {
  private PresenceFrames() {}

  static Presence of(PresenceUpdate update) {
    Presence.Builder presence =
        Presence.newBuilder()
            .setChannel(update.channel().toString())
            .setCount(update.count())
            .setStale(update.stale())
            .addAllLeft(update.left());
    update.joined().forEach(member -> presence.addJoined(of(member)));
    update.changed().forEach(member -> presence.addChanged(of(member)));
    PresenceUpdate.Block block = update.state();
    if (block != null) {
      presence.setFirst(block.first()).setMore(block.more());
      if (block.members() == null) {
        presence.setCounted(true);
      } else {
        block.members().forEach(member -> presence.addMembers(of(member)));
      }
    }
    return presence.build();
  }

  private static Presence.Member of(Member member) {
    return Presence.Member.newBuilder()
        .setSubject(member.subject())
        .setSinceMs(member.sinceMs())
        .setInfo(ByteString.copyFromUtf8(member.info()))
        .build();
  }
}
