package io.tailwater.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Where requests end does not depend on the pieces in which they arrive. */
final class MessageFramingTest {
  private static final List<String> PARTS =
      List.of(
          "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
          "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a:80\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: 1\r\n\r\n",
          "\r\nGET http://a/ HTTP/1.0\r\nX: \u00e4\r\n\r\n",
          "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
          "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n100000003\r\nabc\r\n0\r\n\r\n");

  @Property
  void requestsEndWhereTheyEndHoweverTheyArrive(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 0, max = 7) Integer> parts,
      @ForAll long seed) {
    StringBuilder all = new StringBuilder();
    parts.forEach(part -> all.append(PARTS.get(part)));
    byte[] bytes = all.toString().getBytes(StandardCharsets.ISO_8859_1);
    assertThat(read(bytes, new Random(seed), 20)).isEqualTo(read(bytes, new Random(seed), 10_000));
  }

  @Property
  void noBytesMakeItFail(@ForAll byte[] bytes, @ForAll long seed) {
    read(bytes, new Random(seed), 5);
  }

  /** The ends of all requests, and the fault behind them. */
  private static List<String> read(byte[] bytes, Random random, int maxPiece) {
    MessageFraming framing = new MessageFraming();
    List<String> ends = new ArrayList<>();
    boolean begun = false;
    int at = 0;
    while (at < bytes.length) {
      int length = Math.min(bytes.length - at, 1 + random.nextInt(maxPiece));
      ByteBuf piece = Unpooled.wrappedBuffer(bytes, at, length);
      while (piece.isReadable()) {
        int read = framing.read(piece);
        if (framing.fault() != null) {
          ends.add(framing.fault());
          return ends;
        }
        assertThat(read).isPositive();
        begun |=
            piece.readCharSequence(read, StandardCharsets.ISO_8859_1).toString().strip().length()
                > 0;
        at += read;
        if (begun && framing.part() == MessageFraming.Part.NONE) {
          ends.add("to " + at);
          begun = false;
        }
      }
    }
    return ends;
  }
}
