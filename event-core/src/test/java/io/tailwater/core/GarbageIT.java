package io.tailwater.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.ReadRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Calls and records that make no sense, at random: each call gets an answer that says so, a record
 * is an event or skipped, and the instance serves as before. The seed is in each failure.
 */
final class GarbageIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int CALLS = 1_500;
  private static final int RECORDS = 1_500;

  private static final Servers SERVERS = Servers.shared();
  private static final String NAME = SERVERS.name();
  private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();
  private static final List<Long> NUMBERS =
      List.of(0L, 1L, -1L, 7L, 1_000L, Long.MAX_VALUE, Long.MIN_VALUE, 4_102_444_800_000L);

  @SuppressWarnings("NullAway.Init")
  private static Cores.Running core;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeAll
  static void start() {
    LOG.start();
    productLog().addAppender(LOG);
    core = Cores.start(SERVERS, NAME, Map.of()).ready();
    core.client().publish(CoreClient.event(NAME + ":a", "1"));
  }

  @AfterAll
  static void stop() {
    core.close();
    productLog().detachAppender(LOG);
  }

  private static Logger productLog() {
    return (Logger) LoggerFactory.getLogger("io.tailwater.core");
  }

  private void assertServes() {
    assertThat(core.client().publish(CoreClient.event(NAME + ":a", "2")).getOutcome())
        .as("seed " + seed)
        .isEqualTo(Outcome.STORED);
    assertThat(core.client().read(CoreClient.all(NAME + ":a")).getEventsCount()).isPositive();
    // Of a record that cannot be read whole, the instance warns: that is for the operator.
    synchronized (LOG) {
      assertThat(List.copyOf(LOG.list))
          .filteredOn(
              event ->
                  event.getLevel().isGreaterOrEqual(Level.ERROR)
                      || event.getThrowableProxy() != null)
          .extracting(ILoggingEvent::getFormattedMessage)
          .as("seed " + seed)
          .isEmpty();
    }
  }

  @Test
  void everyCallIsAnsweredOrRefused() throws Exception {
    List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
    try (CoreClient.Stream stream = core.client().stream()) {
      for (int i = 0; i < CALLS; i++) {
        switch (random.nextInt(3)) {
          case 0 -> unary(() -> core.client().calls().read(read()));
          case 1 -> unary(() -> core.client().calls().follow(follow()));
          default -> verdicts.add(stream.publish(publication()));
        }
      }
      for (CompletableFuture<PublishVerdict> verdict : verdicts) {
        assertThat(verdict.get(LIMIT.toSeconds(), TimeUnit.SECONDS).getOutcome())
            .as("seed " + seed)
            .isIn(Outcome.STORED, Outcome.DUPLICATE, Outcome.REFUSED, Outcome.CLOSED);
      }
    }
    assertServes();
  }

  private void unary(Runnable call) {
    try {
      call.run();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode())
          .as("seed " + seed + ": " + e.getStatus())
          .isIn(Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND, Status.Code.UNAVAILABLE);
    }
  }

  private ReadRequest read() {
    ReadRequest.Builder read = ReadRequest.newBuilder();
    if (random.nextInt(3) > 0) {
      read.setChannel(channel());
    }
    if (random.nextInt(3) == 0) {
      read.setPattern(
          ReadRequest.Pattern.newBuilder()
              .setNamespace(random.nextBoolean() ? NAME : text())
              .setPartition((int) number())
              .setKeyPrefix(text()));
    }
    switch (random.nextInt(7)) {
      case 0 -> read.setAfter(position());
      case 1 -> read.setBefore(position());
      case 2 -> read.setLatest(Latest.getDefaultInstance());
      case 3 -> read.setEarliest(Earliest.getDefaultInstance());
      case 4 -> read.setLast((int) number());
      case 5 -> read.setTimeMs(number());
      default -> read.setLimit(1);
    }
    if (random.nextBoolean()) {
      read.setLimit((int) number()).setMaxBytes((int) number());
    }
    if (random.nextInt(10) == 0) {
      read.addTypes(text()).addTypes(text());
    }
    return read.build();
  }

  private Position position() {
    return Position.newBuilder().setEpoch(epoch()).setOffset(number()).build();
  }

  private FollowRequest follow() {
    return FollowRequest.newBuilder()
        .setNamespace(random.nextInt(4) > 0 ? NAME : text())
        .setEpoch(epoch())
        .setPartition(random.nextInt(3) == 0 ? (int) number() : random.nextInt(2))
        .setAfter(number())
        .setWaitMs(random.nextInt(2))
        .build();
  }

  private PublishRequest.Builder publication() {
    return PublishRequest.newBuilder()
        .setChannel(channel())
        .setType(text())
        .setKey(text())
        .setBy(text())
        .setContentType(text())
        .setTraceparent(text())
        .setKindValue(random.nextInt(6))
        .setClose(random.nextInt(50) == 0)
        .setData(ByteString.copyFrom(bytes(random.nextInt(100) == 0 ? 300_000 : 40)));
  }

  private String channel() {
    return random.nextInt(5) == 0 ? text() : NAME + ":g" + (random.nextBoolean() ? text() : "");
  }

  private String epoch() {
    return random.nextBoolean() ? core.head(NAME, random.nextInt(2)).getEpoch() : text();
  }

  private long number() {
    return NUMBERS.get(random.nextInt(NUMBERS.size()));
  }

  private String text() {
    return switch (random.nextInt(8)) {
      case 0 -> "";
      case 1 -> "a";
      case 2 -> "tw.end";
      case 3 -> "\u0000\n";
      case 4 -> "ä😀";
      case 5 -> "x".repeat(random.nextInt(2_000));
      case 6 -> NAME + ":*";
      default -> "message";
    };
  }

  private byte[] bytes(int max) {
    byte[] bytes = new byte[random.nextInt(max)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void everyRecordOfAForeignProducerIsAnEventOrSkipped() throws Exception {
    try (var producer = SERVERS.producer(Map.of())) {
      for (int i = 0; i < RECORDS; i++) {
        byte[] key = random.nextInt(10) == 0 ? null : bytes(random.nextInt(10) == 0 ? 400 : 4);
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(
                NAME,
                random.nextInt(2),
                Math.abs(number() % 4_102_444_800_000L),
                random.nextInt(3) == 0 ? "a".getBytes(StandardCharsets.UTF_8) : key,
                random.nextInt(10) == 0 ? null : bytes(200));
        for (String header :
            List.of("tw-type", "tw-key", "tw-by", "tw-data", "content-type", "traceparent")) {
          if (random.nextInt(3) == 0) {
            record
                .headers()
                .add(
                    header,
                    random.nextBoolean() ? bytes(1_500) : text().getBytes(StandardCharsets.UTF_8));
          }
        }
        producer.send(record);
      }
      producer.flush();
    }
    for (int partition = 0; partition < 2; partition++) {
      int each = partition;
      long end = SERVERS.end(NAME, each);
      await("seed " + seed)
          .atMost(LIMIT)
          .until(() -> core.head(NAME, each).getThrough() >= end - 1);
    }
    assertServes();
  }
}
