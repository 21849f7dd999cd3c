package io.tailwater.edge.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PerMessageDeflateTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "permessage-deflate|true",
        "permessage-deflate; client_max_window_bits|true",
        "permessage-deflate; client_max_window_bits=10; server_no_context_takeover|true",
        "permessage-deflate; server_max_window_bits=15|true",
        "Permessage-Deflate; Client_Max_Window_Bits=\"15\"|true",
        "permessage-deflate; server_max_window_bits=10, permessage-deflate|true",
        "x-webkit-deflate-frame, permessage-deflate|true",
        "permessage-deflate; server_max_window_bits=10|false",
        "permessage-deflate; server_max_window_bits|false",
        "permessage-deflate; client_max_window_bits=16|false",
        "permessage-deflate; client_max_window_bits=7|false",
        "permessage-deflate; server_no_context_takeover=1|false",
        "permessage-deflate; client_max_window_bits; client_max_window_bits|false",
        "permessage-deflate; unknown|false",
        "permessage-bzip2|false",
        "''|false"
      })
  void anOfferIsTakenOnlyIfAllOfItCanBeKept(String offer, boolean taken) {
    assertThat(PerMessageDeflate.isOffered(offer)).isEqualTo(taken);
  }

  @Property(tries = 300)
  void whatIsCompressedIsReadAgain(
      @ForAll @IntRange(max = 70_000) int size,
      @ForAll @IntRange(min = 1, max = 256) int alphabet,
      @ForAll long seed) {
    byte[] message = new byte[size];
    Random random = new Random(seed);
    for (int i = 0; i < size; i++) {
      message[i] = (byte) random.nextInt(alphabet);
    }
    ByteBuf compressed = Unpooled.buffer(1);
    PerMessageDeflate.deflate(Unpooled.wrappedBuffer(message), compressed);
    ByteBuf back = Unpooled.buffer(1);
    assertThat(PerMessageDeflate.inflate(compressed, size, back))
        .isEqualTo(PerMessageDeflate.Inflated.WHOLE);
    assertThat(ByteBufUtil.getBytes(back)).isEqualTo(message);
    if (size > 0) {
      assertThat(PerMessageDeflate.inflate(compressed, size - 1, Unpooled.buffer(1)))
          .isEqualTo(PerMessageDeflate.Inflated.TOO_LARGE);
    }
  }

  @Test
  void garbageIsBroken() {
    ByteBuf garbage = Unpooled.wrappedBuffer(new byte[] {-1, -1, -1, -1});
    assertThat(PerMessageDeflate.inflate(garbage, 100, Unpooled.buffer(1)))
        .isEqualTo(PerMessageDeflate.Inflated.BROKEN);
  }
}
