package io.tailwater.edge.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Events;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Runs;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class FramesFormatTest {
  private static final Channel LOBBY = Channel.parse("chat:lobby");
  private static final Epoch EPOCH = new Epoch("k3Zq");

  @Example
  void severalEventsAreOneFrame() {
    Run run = Runs.of(LOBBY, EPOCH, List.of(event(1042, "{\"text\":\"hi\"}"), event(1043, "2")));
    assertThat(frames(FramesFormat.JSON, run, 0))
        .extracting(Frame::text)
        .containsExactly(
            "{\"events\":[{\"id\":\"k3Zq-1042\",\"channel\":\"chat:lobby\",\"type\":\"message\",\"ts_ms\":5,\"data\":{\"text\":\"hi\"}},"
                + "{\"id\":\"k3Zq-1043\",\"channel\":\"chat:lobby\",\"type\":\"message\",\"ts_ms\":5,\"data\":2}]}");
    run.release();
  }

  @Example
  void aReaderInsideOfAFrameGetsTheRestOfIt() {
    Run run = Runs.of(LOBBY, EPOCH, IntStream.range(0, 5).mapToObj(i -> event(i, "" + i)).toList());
    assertThat(frames(FramesFormat.JSON, run, 3))
        .extracting(Frame::text)
        .containsExactly(
            "{\"events\":[{\"id\":\"k3Zq-3\",\"channel\":\"chat:lobby\",\"type\":\"message\",\"ts_ms\":5,\"data\":3},"
                + "{\"id\":\"k3Zq-4\",\"channel\":\"chat:lobby\",\"type\":\"message\",\"ts_ms\":5,\"data\":4}]}");
    run.release();
  }

  @Example
  void textIsAJsonStringAndBytesAreThemselvesInProtobuf() {
    Event text = event(1, "a\n\"b\"").toBuilder().setKind(DataKind.TEXT).setBy("al").build();
    Event bytes =
        event(2, "").toBuilder()
            .setKind(DataKind.BYTES)
            .setData(ByteString.copyFrom(new byte[] {0, -1}))
            .setKey("k")
            .build();
    Run run = Runs.of(LOBBY, EPOCH, List.of(text, bytes));
    List<ChannelEvent> events = protobuf(frames(FramesFormat.PROTOBUF, run, 0).getFirst());
    assertThat(events.getFirst())
        .isEqualTo(
            ChannelEvent.newBuilder()
                .setId("k3Zq-1")
                .setChannel("chat:lobby")
                .setType("message")
                .setBy("al")
                .setTsMs(5)
                .setData(ByteString.copyFromUtf8("\"a\\n\\\"b\\\"\""))
                .build());
    assertThat(events.get(1).getEncoding())
        .isEqualTo(io.tailwater.contract.v1.Encoding.ENCODING_BASE64);
    assertThat(events.get(1).getData().toByteArray()).containsExactly(0, -1);
    run.release();
  }

  @Property(tries = 200)
  void everyReaderGetsEveryEventOnceFromWhereverItStands(
      @ForAll @IntRange(min = 1, max = 60) int events, @ForAll Random random) {
    List<Event> made = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      int size = random.nextInt(10) == 0 ? random.nextInt(150_000) : random.nextInt(3_000);
      made.add(event(i * 3L, "\"" + "x".repeat(size) + "\""));
    }
    Run run = Runs.of(LOBBY, EPOCH, made);
    int from = random.nextInt(events);
    List<String> wanted =
        made.subList(from, events).stream().map(one -> one.getData().toStringUtf8()).toList();
    List<WireFormat<EventFrames>> formats =
        List.of(
            FramesFormat.JSON,
            FramesFormat.JSON.compressed(),
            FramesFormat.PROTOBUF,
            FramesFormat.PROTOBUF.compressed());
    for (WireFormat<EventFrames> format : formats) {
      List<String> got = new ArrayList<>();
      for (Frame frame : frames(format, run, from)) {
        List<String> part =
            format == FramesFormat.PROTOBUF || format == FramesFormat.PROTOBUF.compressed()
                ? protobuf(frame).stream().map(one -> one.getData().toStringUtf8()).toList()
                : data(frame.text());
        assertThat(part.size() == 1 || frame.payload.length < FramesFormat.FRAME_BYTES + 20_000)
            .isTrue();
        got.addAll(part);
      }
      assertThat(got).isEqualTo(wanted);
    }
    run.release();
  }

  @Example
  void noTwoFormatsShareASlot() {
    assertThat(
            List.of(
                FramesFormat.JSON.slot(),
                FramesFormat.PROTOBUF.slot(),
                FramesFormat.JSON.compressed().slot(),
                FramesFormat.PROTOBUF.compressed().slot()))
        .doesNotHaveDuplicates();
  }

  /** A reader of a pattern shares the events, and gets a position of its own after them. */
  @Property(tries = 50)
  void aFrameOfAPatternEndsWithThePositionOfItsReader(
      @ForAll @IntRange(min = 1, max = 30) int events, @ForAll Random random) throws Exception {
    List<Event> made = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      String data = "\"" + "x".repeat(random.nextInt(9_000)) + "\"";
      made.add(event(i, data).toBuilder().setChannelKey("eu-" + i % 3).build());
    }
    Run run = Run.live(Selection.of(new ChannelPattern("orders", "eu-")), EPOCH, -1, events, made);
    int from = random.nextInt(events);
    List<String> channels =
        IntStream.range(from, events).mapToObj(i -> "orders:eu-" + i % 3).toList();
    List<String> got = new ArrayList<>();
    for (Frame frame : patternFrames(FramesFormat.JSON, run, from)) {
      JsonNode json = new ObjectMapper().readTree(frame.text());
      assertThat(json.path("pattern").asText()).isEqualTo("orders:eu-*");
      got.addAll(json.path("events").findValuesAsText("channel"));
      assertThat(json.path("position").asText()).isEqualTo("p1." + (from + got.size()));
    }
    assertThat(got).isEqualTo(channels);
    got.clear();
    for (Frame frame : patternFrames(FramesFormat.PROTOBUF, run, from)) {
      Events read = ServerFrame.parseFrom(frame.payload).getEvents();
      assertThat(read.getPattern()).isEqualTo("orders:eu-*");
      read.getEventsList().forEach(event -> got.add(event.getChannel()));
      assertThat(read.getPosition()).isEqualTo("p1." + (from + got.size()));
    }
    assertThat(got).isEqualTo(channels);
    run.release();
  }

  private static List<Frame> patternFrames(FramesFormat format, Run run, int from) {
    return written(
        outlet -> {
          EventFrames encoded = format.of(run);
          for (int next = from; next < run.events().size(); next = encoded.endOf(next)) {
            ByteBuf suffix = Unpooled.buffer();
            format.writePatternSuffix("orders:eu-*", "p1." + encoded.endOf(next), suffix);
            encoded.writeOfPattern(next, suffix, outlet);
          }
        });
  }

  /** What stands between the quotes of each event's data. */
  private static List<String> data(String json) {
    List<String> data = new ArrayList<>();
    for (String part : json.split("\"data\":", -1)) {
      if (part.startsWith("\"x") || part.startsWith("\"\"")) {
        data.add(part.substring(0, part.indexOf('}')));
      }
    }
    return data;
  }

  private static List<ChannelEvent> protobuf(Frame frame) {
    try {
      return ServerFrame.parseFrom(frame.payload).getEvents().getEventsList();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private record Frame(int opcode, byte[] payload) {
    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }
  }

  /** What a reader gets that stands before this event; compressed messages inflated. */
  private static List<Frame> frames(WireFormat<EventFrames> format, Run run, int from) {
    return written(
        outlet -> {
          EventFrames encoded = format.of(run);
          for (int next = from; next < run.events().size(); next = encoded.endOf(next)) {
            encoded.write(next, outlet);
          }
        });
  }

  private static List<Frame> written(Consumer<Outlet> writing) {
    EmbeddedChannel connection = new EmbeddedChannel();
    Outlet outlet = Runs.outlet(connection);
    writing.accept(outlet);
    outlet.flush();
    ByteBuf wire = Unpooled.buffer();
    for (ByteBuf part = connection.readOutbound(); part != null; part = connection.readOutbound()) {
      wire.writeBytes(part);
      part.release();
    }
    connection.close();
    List<Frame> frames = new ArrayList<>();
    while (wire.isReadable()) {
      int first = wire.readUnsignedByte();
      int length = wire.readUnsignedByte();
      long payload =
          length == 126 ? wire.readUnsignedShort() : length == 127 ? wire.readLong() : length;
      ByteBuf bytes = wire.readSlice((int) payload);
      if ((first & 0x40) != 0) {
        bytes = inflated(bytes);
      }
      frames.add(new Frame(first & 0xf, ByteBufUtil.getBytes(bytes)));
    }
    return frames;
  }

  /** As RFC 7692 has it: the empty block that ends a message is not sent. */
  private static ByteBuf inflated(ByteBuf bytes) {
    Inflater inflater = new Inflater(true);
    inflater.setInput(
        ByteBufUtil.getBytes(Unpooled.wrappedBuffer(bytes, Unpooled.copyInt(0x0000ffff))));
    byte[] plain = new byte[1 << 20];
    try {
      return Unpooled.wrappedBuffer(plain, 0, inflater.inflate(plain));
    } catch (DataFormatException e) {
      throw new AssertionError("a frame that cannot be inflated", e);
    } finally {
      inflater.end();
    }
  }

  private static Event event(long offset, String data) {
    return Event.newBuilder()
        .setOffset(offset)
        .setType("message")
        .setTsMs(5)
        .setKind(DataKind.JSON)
        .setData(ByteString.copyFromUtf8(data))
        .build();
  }
}
