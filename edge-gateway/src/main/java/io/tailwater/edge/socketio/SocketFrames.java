package io.tailwater.edge.socketio;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Positions;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.log.FormatSlot;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;
import io.tailwater.edge.websocket.FrameHeader;

/**
 * Stateless: events as whole frames of WebSocket, the same bytes for every socket that has this one
 * room and nothing else.
 */
enum SocketFrames implements WireFormat<EventBytes> {
  /** For sockets in the namespace {@code /}. */
  MAIN {
    @Override
    String namespace(Channel channel) {
      return SocketPacket.MAIN;
    }
  },
  /** For sockets in the namespace of the channel. */
  OWN {
    @Override
    String namespace(Channel channel) {
      return SocketPacket.MAIN + channel.namespace();
    }
  };

  private final FormatSlot slot = FormatSlot.take();

  @Override
  public FormatSlot slot() {
    return slot;
  }

  /** The namespace of Socket.IO in which the readers are. */
  abstract String namespace(Channel channel);

  @Override
  public EventBytes encode(Run run) {
    // Only runs of one channel are written so.
    Channel channel = Channel.parse(run.channel(run.events().getFirst()));
    String namespace = namespace(channel);
    long hash = Positions.hash(channel);
    ByteBuf packet = PooledByteBufAllocator.DEFAULT.heapBuffer(256);
    try {
      return EventBytes.of(
          run,
          (name, epoch, event, out) -> {
            packet.clear();
            write(namespace, hash, epoch, event, packet);
            FrameHeader.write(FrameHeader.TEXT, packet.readableBytes(), out);
            out.writeBytes(packet);
            if (SocketText.isBytes(event)) {
              ByteString data = event.getData();
              FrameHeader.write(FrameHeader.BINARY, data.size(), out);
              out.writeBytes(data.asReadOnlyByteBuffer());
            }
          });
    } finally {
      packet.release();
    }
  }

  private static void write(String namespace, long hash, Epoch epoch, Event event, ByteBuf packet) {
    boolean bytes = SocketText.isBytes(event);
    packet.writeByte('4');
    SocketText.head(
        bytes ? SocketPacket.Type.BINARY_EVENT : SocketPacket.Type.EVENT,
        1,
        namespace,
        SocketPacket.NO_ID,
        packet);
    SocketText.begin(event, packet);
    SocketText.end(new Positions.Encoder(1).add(hash, epoch, event.getOffset()).toString(), packet);
  }
}
