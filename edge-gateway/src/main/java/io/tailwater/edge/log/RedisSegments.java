package io.tailwater.edge.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.Segment;
import io.tailwater.redis.RedisListener;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Segments as the event-cores broadcast them over Redis pub/sub. Any thread. */
public final class RedisSegments implements SegmentSource {
  private static final Logger LOG = LoggerFactory.getLogger(RedisSegments.class);

  private final RedisListener listener;

  public RedisSegments(RedisListener listener) {
    this.listener = listener;
  }

  @Override
  public void subscribe(
      String namespace, int partition, Consumer<Segment> sink, Runnable connectedChanged) {
    String channel = SegmentChannel.name(namespace, partition);
    listener.subscribe(channel, message -> onMessage(channel, message, sink), connectedChanged);
  }

  private static void onMessage(String channel, byte[] message, Consumer<Segment> sink) {
    try {
      sink.accept(Segment.parseFrom(message));
    } catch (InvalidProtocolBufferException e) {
      LOG.warn(
          "a message on {} is not a segment; it is skipped, and its events are read from the log",
          channel);
    }
  }

  @Override
  public void unsubscribe(String namespace, int partition) {
    listener.unsubscribe(SegmentChannel.name(namespace, partition));
  }

  @Override
  public boolean connected(String namespace, int partition) {
    return listener.listens(SegmentChannel.name(namespace, partition));
  }

  @Override
  public boolean connected() {
    return listener.listens();
  }
}
