package io.tailwater.launcher.balancer;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gives connections to the gateways in turn, except those whose first request belongs to a session
 * of Socket.IO. Safe for use by several threads.
 */
final class Turns {
  /** A longer line is not looked at: any gateway passes the request on to the right one. */
  private static final int MAX_LINE = 2_048;

  private static final Pattern SESSION =
      Pattern.compile("^[A-Z]+ /socket\\.io/?\\?(?:[^ ]*&)?sid=([^ .&]+)\\.");

  private final List<Gateway> gateways;
  private final AtomicInteger next = new AtomicInteger();

  Turns(List<Gateway> gateways) {
    this.gateways = List.copyOf(gateways);
  }

  /** The index of the next gateway in turn. */
  int take() {
    return Math.floorMod(next.getAndIncrement(), gateways.size());
  }

  /** The gateway with this index; an index beyond the last one begins again at the first. */
  InetSocketAddress at(int index) {
    return gateways.get(Math.floorMod(index, gateways.size())).address();
  }

  /**
   * The gateway that has the session of a request.
   *
   * @param begin the first bytes of the connection
   * @param otherwise the gateway of all other requests
   */
  int withSession(ByteBuf begin, int otherwise) {
    String line =
        begin.toString(
            begin.readerIndex(),
            Math.min(begin.readableBytes(), MAX_LINE),
            StandardCharsets.ISO_8859_1);
    Matcher session = SESSION.matcher(line);
    if (session.find()) {
      for (int i = 0; i < gateways.size(); i++) {
        if (gateways.get(i).name().equals(session.group(1))) {
          return i;
        }
      }
    }
    return otherwise;
  }

  int size() {
    return gateways.size();
  }
}
