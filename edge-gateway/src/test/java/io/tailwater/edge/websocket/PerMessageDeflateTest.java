package io.tailwater.edge.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.Random;
import java.util.zip.Deflater;
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "permessage-deflate|false",
        "permessage-deflate; client_max_window_bits|false",
        "permessage-deflate; client_no_context_takeover|true",
        "permessage-deflate; unknown, permessage-deflate; client_no_context_takeover|true",
        "permessage-deflate, permessage-deflate; client_no_context_takeover|false",
        "''|false"
      })
  void theOfferThatIsTakenTellsWhetherMessagesWillStandAlone(String offer, boolean alone) {
    assertThat(PerMessageDeflate.isOfferedWithoutContext(offer)).isEqualTo(alone);
  }

  @Property(tries = 100)
  void messagesThatReferToEarlierOnesAreReadInAContext(
      @ForAll @IntRange(min = 1, max = 30) int messages,
      @ForAll @IntRange(min = 1, max = 20_000) int size,
      @ForAll long seed) {
    Random random = new Random(seed);
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    ClientContext context = new ClientContext();
    byte[] message = new byte[size];
    random.nextBytes(message);
    for (int i = 0; i < messages; i++) {
      message[random.nextInt(size)]++;
      byte[] compressed = new byte[2 * size + 100];
      deflater.setInput(message);
      int length = deflater.deflate(compressed, 0, compressed.length, Deflater.SYNC_FLUSH) - 4;
      if (i > 0 && size > 1_000) {
        assertThat(length).as("it refers to the message before").isLessThan(size / 2);
      }
      ByteBuf back = Unpooled.buffer(1);
      assertThat(context.inflate(Unpooled.wrappedBuffer(compressed, 0, length), size, back))
          .isEqualTo(PerMessageDeflate.Inflated.WHOLE);
      assertThat(ByteBufUtil.getBytes(back)).isEqualTo(message);
    }
    context.end();
    deflater.end();
  }

  @Test
  void onlyABoundedNumberOfConnectionsHasAContext() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    ClientContexts contexts = new ClientContexts(1, meters);
    EmbeddedChannel first = new EmbeddedChannel();
    assertThat(contexts.take(first)).isNotNull();
    assertThat(contexts.take(new EmbeddedChannel())).isNull();
    assertThat(meters.get("tailwater.edge.ws.contexts").gauge().value()).isEqualTo(1);
    first.close();
    assertThat(meters.get("tailwater.edge.ws.contexts").gauge().value()).isZero();
    assertThat(contexts.take(new EmbeddedChannel())).isNotNull();
  }

  @Test
  void garbageIsBroken() {
    ByteBuf garbage = Unpooled.wrappedBuffer(new byte[] {-1, -1, -1, -1});
    assertThat(PerMessageDeflate.inflate(garbage, 100, Unpooled.buffer(1)))
        .isEqualTo(PerMessageDeflate.Inflated.BROKEN);
  }
}
