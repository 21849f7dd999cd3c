package io.tailwater.edge.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.Conflict;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The JSON of what stands in the way of a publication. Stateless. */
public final class ConflictJson {
  private ConflictJson() {}

  /** The entry as it is now: {@code {"version":…,"data":…}}, or {@code null} if there is none. */
  public static String current(Conflict conflict) {
    Conflict.@Nullable Current current = conflict.current();
    if (current == null) {
      return "null";
    }
    ByteBuf out = Unpooled.buffer(64 + current.data().size());
    out.writeCharSequence("{\"version\":\"" + current.version() + "\"", StandardCharsets.US_ASCII);
    if (current.kind() == DataKind.BYTES) {
      out.writeCharSequence(",\"encoding\":\"base64\"", StandardCharsets.US_ASCII);
    }
    out.writeCharSequence(",\"data\":", StandardCharsets.US_ASCII);
    EventJson.writeData(
        Event.newBuilder().setKind(current.kind()).setData(current.data()).build(), out);
    out.writeByte('}');
    return out.toString(StandardCharsets.UTF_8);
  }
}
