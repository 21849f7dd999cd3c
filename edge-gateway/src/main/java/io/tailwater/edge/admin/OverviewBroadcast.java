package io.tailwater.edge.admin;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Overview;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.redis.RedisPublisher;
import java.time.InstantSource;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes this gateway's report to {@link Overview#CHANNEL} every {@value #PERIOD_MS} ms while
 * any gateway has a reader of it. Otherwise it only asks Redis whether there is one, by a segment
 * without events. Each turn has a thread of its own, and there is one turn at a time.
 */
final class OverviewBroadcast {
  private static final Logger LOG = LoggerFactory.getLogger(OverviewBroadcast.class);
  private static final String THREAD = "edge-overview";
  private static final String REDIS_CHANNEL = SegmentChannel.name(Overview.NAMESPACE, 0);
  private static final long PERIOD_MS = 2_000;

  private final GatewayReport report;
  private final RedisPublisher redis;
  private final InstantSource clock;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile boolean heard;

  OverviewBroadcast(GatewayReport report, RedisPublisher redis, InstantSource clock) {
    this.report = report;
    this.redis = redis;
    this.clock = clock;
  }

  /** Begins, until the timer is shut down. */
  void start(ScheduledExecutorService timer) {
    timer.scheduleAtFixedRate(this::tick, PERIOD_MS, PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  private void tick() {
    if (busy.compareAndSet(false, true)) {
      Thread.ofVirtual().name(THREAD).start(this::turn);
    }
  }

  private void turn() {
    try {
      heard = publish(heard ? withReport() : empty()) > 0;
    } catch (CompletionException e) {
      heard = false;
      LOG.debug("no overview can be published: {}", e.getMessage());
    } finally {
      busy.set(false);
    }
  }

  private long publish(Segment segment) {
    return redis.publish(REDIS_CHANNEL, segment.toByteArray()).join();
  }

  private static Segment empty() {
    return Segment.newBuilder()
        .setNamespace(Overview.NAMESPACE)
        .setEpoch(Epoch.EPHEMERAL.text())
        .build();
  }

  private Segment withReport() {
    return empty().toBuilder()
        .addEvents(
            Event.newBuilder()
                .setChannelKey(Overview.CHANNEL.key())
                .setType(Overview.TYPE)
                .setTsMs(clock.millis())
                .setKind(DataKind.JSON)
                .setData(ByteString.copyFromUtf8(report.json())))
        .build();
  }
}
