package io.tailwater.edge.frames;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat.FieldType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Events;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.FormatSlot;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;
import io.tailwater.edge.websocket.FrameHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Stateless: how events are written, as text or as protobuf, compressed or not. */
enum FramesFormat implements WireFormat<EventFrames>, EventFrames.Framing {
  JSON {
    @Override
    void writeEvent(String channel, Epoch epoch, Event event, ByteBuf out) {
      EventJson.writeEvent(channel, epoch, event, out);
    }

    @Override
    public void writeHead(int body, ByteBuf out) {
      FrameHeader.write(FrameHeader.TEXT, PREFIX.length + body + SUFFIX.length, out);
      out.writeBytes(PREFIX);
    }

    @Override
    public void writePatternHead(int body, int suffix, ByteBuf out) {
      FrameHeader.write(FrameHeader.TEXT, PREFIX.length + body + suffix, out);
      out.writeBytes(PREFIX);
    }

    @Override
    void writePatternSuffix(String pattern, String position, ByteBuf out) {
      out.writeCharSequence("],\"pattern\":", StandardCharsets.US_ASCII);
      EventJson.writeString(pattern, out);
      out.writeCharSequence(",\"position\":\"" + position + "\"}", StandardCharsets.US_ASCII);
    }

    @Override
    int separatorBytes() {
      return 1;
    }

    @Override
    public int suffixBytes() {
      return SUFFIX.length;
    }
  },

  PROTOBUF {
    @Override
    void writeEvent(String channel, Epoch epoch, Event event, ByteBuf out) {
      ChannelEvent written = channelEvent(channel, epoch, event);
      write(
          CodedOutputStream.computeMessageSize(Events.EVENTS_FIELD_NUMBER, written),
          out,
          to -> to.writeMessage(Events.EVENTS_FIELD_NUMBER, written));
    }

    @Override
    public void writePatternHead(int body, int suffix, ByteBuf out) {
      writeHead(body + suffix, out);
    }

    @Override
    void writePatternSuffix(String pattern, String position, ByteBuf out) {
      // What follows the events of a message, whose fields may come in any order and in parts.
      out.writeBytes(
          Events.newBuilder().setPattern(pattern).setPosition(position).build().toByteArray());
    }

    @Override
    public void writeHead(int body, ByteBuf out) {
      int tag = ServerFrame.EVENTS_FIELD_NUMBER;
      int size =
          CodedOutputStream.computeTagSize(tag) + CodedOutputStream.computeUInt32SizeNoTag(body);
      FrameHeader.write(FrameHeader.BINARY, size + body, out);
      write(
          size,
          out,
          to -> {
            to.writeTag(tag, FieldType.MESSAGE.getWireType());
            to.writeUInt32NoTag(body);
          });
    }

    @Override
    int separatorBytes() {
      return 0;
    }

    @Override
    public int suffixBytes() {
      return 0;
    }
  };

  /**
   * About how many bytes of events go into one frame, so that clients that take messages of 1 MiB
   * can live; a larger event goes alone.
   */
  static final int FRAME_BYTES = 64 << 10;

  private static final byte[] PREFIX = "{\"events\":[".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] SUFFIX = "]}".getBytes(StandardCharsets.US_ASCII);

  private final FormatSlot slot = FormatSlot.take();
  private final WireFormat<EventFrames> compressed = new Compressed(this, FormatSlot.take());

  @Override
  public FormatSlot slot() {
    return slot;
  }

  /** The same, compressed. */
  WireFormat<EventFrames> compressed() {
    return compressed;
  }

  abstract void writeEvent(String channel, Epoch epoch, Event event, ByteBuf out);

  /** Writes what follows the events in a frame of a pattern. */
  abstract void writePatternSuffix(String pattern, String position, ByteBuf out);

  /** How many bytes separate two events: none, or a comma. */
  abstract int separatorBytes();

  @Override
  public EventFrames encode(Run run) {
    int events = run.events().size();
    int[] ends = new int[events];
    ByteBuf written = PooledByteBufAllocator.DEFAULT.directBuffer(run.encodedBytes());
    try {
      for (int i = 0; i < events; i++) {
        Event event = run.events().get(i);
        writeEvent(run.channel(event), run.epoch(), event, written);
        ends[i] = written.writerIndex();
      }
      return framed(written, ends);
    } finally {
      written.release();
    }
  }

  private EventFrames framed(ByteBuf written, int[] ends) {
    int[] firsts = new int[ends.length];
    int[] frameStarts = new int[ends.length];
    int[] eventStarts = new int[ends.length];
    int frames = 0;
    ByteBuf out =
        PooledByteBufAllocator.DEFAULT.directBuffer(
            written.readableBytes() + ends.length + EventFrames.MAX_HEAD_BYTES + SUFFIX.length);
    for (int first = 0; first < ends.length; ) {
      int start = start(ends, first);
      int end = first + 1;
      while (end < ends.length && ends[end] - start <= FRAME_BYTES) {
        end++;
      }
      firsts[frames] = first;
      frameStarts[frames++] = out.writerIndex();
      writeHead(ends[end - 1] - start + (end - first - 1) * separatorBytes(), out);
      for (int i = first; i < end; i++) {
        if (i > first && separatorBytes() > 0) {
          out.writeByte(',');
        }
        eventStarts[i] = out.writerIndex();
        out.writeBytes(written, start(ends, i), ends[i] - start(ends, i));
      }
      out.writeBytes(SUFFIX, 0, suffixBytes());
      first = end;
    }
    return EventFrames.plain(
        this, out, Arrays.copyOf(firsts, frames), Arrays.copyOf(frameStarts, frames), eventStarts);
  }

  private static int start(int[] ends, int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  private static ChannelEvent channelEvent(String channel, Epoch epoch, Event event) {
    boolean bytes = event.getKind() != DataKind.JSON && event.getKind() != DataKind.TEXT;
    return ChannelEvent.newBuilder()
        .setId(epoch.isEphemeral() ? "" : new Position(epoch, event.getOffset()).toString())
        .setEphemeral(epoch.isEphemeral())
        .setChannel(channel)
        .setType(event.getType())
        .setEvent(event.getEvent())
        .setBy(event.getBy())
        .setKey(event.getKey())
        .setTsMs(event.getTsMs())
        .setClosed(event.getCloses())
        .setEntry(event.getEntry())
        .setOp(EntryText.shown(event.getOp()))
        .setValue(event.getValue())
        .setAdded(event.getAdded())
        .setRemoved(event.getRemoved())
        .setSuperseded(event.getSuperseded())
        .setOf(event.hasOf() ? new Position(epoch, event.getOf()).toString() : "")
        .setRedacted(event.getRedacted())
        .setEncoding(
            bytes
                ? io.tailwater.contract.v1.Encoding.ENCODING_BASE64
                : io.tailwater.contract.v1.Encoding.ENCODING_JSON)
        .setData(event.getKind() == DataKind.TEXT ? quoted(event) : event.getData())
        .build();
  }

  private static ByteString quoted(Event event) {
    return UnsafeByteOperations.unsafeWrap(
        EventJson.quoted(event.getData().toStringUtf8()).getBytes(StandardCharsets.UTF_8));
  }

  /** Writes protobuf. */
  private interface Writing {
    void to(CodedOutputStream out) throws IOException;
  }

  private static void write(int bytes, ByteBuf out, Writing writing) {
    out.ensureWritable(bytes);
    try {
      CodedOutputStream stream =
          CodedOutputStream.newInstance(out.nioBuffer(out.writerIndex(), bytes));
      writing.to(stream);
      stream.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be full: it was measured", e);
    }
    out.writerIndex(out.writerIndex() + bytes);
  }

  /** Made of the plain frames, once for all readers that accept compressed ones. */
  private record Compressed(FramesFormat plain, FormatSlot slot)
      implements WireFormat<EventFrames> {
    @Override
    public EventFrames encode(Run run) {
      return EventFrames.compressed(plain, plain.of(run));
    }
  }
}
