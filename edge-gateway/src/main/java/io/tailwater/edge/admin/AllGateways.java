package io.tailwater.edge.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.AwaitRevocation;
import io.tailwater.contract.v1.GatewayAnswer;
import io.tailwater.contract.v1.GatewayQuestion;
import io.tailwater.edge.connection.ConnectionAdmin;
import io.tailwater.edge.revocation.RevocationLog;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks all gateways at once, this one too: a question is published, and as many answers are waited
 * for as gateways heard it. Without Redis this gateway answers alone. Any thread that may wait.
 */
final class AllGateways {
  private static final Logger LOG = LoggerFactory.getLogger(AllGateways.class);
  private static final String THREAD = "edge-admin";

  /** Answers come on the same server of a Cluster as questions do. */
  private static final String QUESTIONS = "{admin}";

  private static final long PATIENCE_MS = 3_000;
  private static final long READ_WITHIN_MS = 2_500;
  private static final int MOST_AT_ONCE = 8;

  private final ConnectionAdmin connections;
  private final RevocationLog revocations;
  private final GatewayReport report;
  private final RedisPublisher publisher;
  private final RedisListener listener;
  private final LongSupplier ids;
  private final String replyTo;
  private final Map<String, BlockingQueue<GatewayAnswer>> asked = new ConcurrentHashMap<>();
  private final Semaphore questions = new Semaphore(MOST_AT_ONCE);
  private final Semaphore answers = new Semaphore(MOST_AT_ONCE);

  /**
   * @param ids random numbers, by which answers find their question
   */
  AllGateways(
      ConnectionAdmin connections,
      RevocationLog revocations,
      GatewayReport report,
      RedisPublisher publisher,
      RedisListener listener,
      LongSupplier ids) {
    this.report = report;
    this.ids = ids;
    this.replyTo = QUESTIONS + ":" + id();
    this.connections = connections;
    this.revocations = revocations;
    this.publisher = publisher;
    this.listener = listener;
  }

  /**
   * What was answered.
   *
   * @param complete whether every gateway that heard the question has answered
   */
  record Answers(List<GatewayAnswer> all, boolean complete) {
    /** How many connections were ended. */
    int ended() {
      return all.stream().mapToInt(GatewayAnswer::getEnded).sum();
    }

    /** Writes who has answered, and whether that is everyone. */
    void writeGateways(JsonGenerator json) throws IOException {
      json.writeArrayFieldStart("gateways");
      for (String gateway : all.stream().map(GatewayAnswer::getGateway).sorted().toList()) {
        json.writeString(gateway);
      }
      json.writeEndArray();
      json.writeBooleanField("complete", complete);
    }
  }

  void listen() {
    listener.subscribe(QUESTIONS, this::onQuestion, () -> {});
    listener.subscribe(replyTo, this::onAnswer, () -> {});
  }

  /**
   * Asks, and waits for the answers.
   *
   * @throws RequestException {@code rate_limited}
   */
  Answers ask(GatewayQuestion.Builder question) {
    if (!questions.tryAcquire()) {
      throw new RequestException(
          ErrorCode.RATE_LIMITED, "other questions are being answered; try again");
    }
    String id = id();
    BlockingQueue<GatewayAnswer> arriving = new LinkedBlockingQueue<>();
    asked.put(id, arriving);
    try {
      GatewayQuestion whole = question.setId(id).setReplyTo(replyTo).build();
      long heard = publish(whole);
      return heard > 0 ? collect(arriving, heard) : alone(whole);
    } finally {
      asked.remove(id);
      questions.release();
    }
  }

  private Answers alone(GatewayQuestion question) {
    return new Answers(answer(question).stream().toList(), false);
  }

  private long publish(GatewayQuestion question) {
    try {
      return publisher.publish(QUESTIONS, question.toByteArray()).join();
    } catch (CompletionException e) {
      LOG.debug("other gateways cannot be asked: {}", e.getMessage());
      return 0;
    }
  }

  private static Answers collect(BlockingQueue<GatewayAnswer> arriving, long wanted) {
    List<GatewayAnswer> all = new ArrayList<>();
    long left = wanted;
    try {
      for (; left > 0; left--) {
        GatewayAnswer next = arriving.poll(PATIENCE_MS, TimeUnit.MILLISECONDS);
        if (next == null) {
          break;
        }
        all.add(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new Answers(all, left == 0);
  }

  private void onQuestion(byte[] message) {
    // Who asks has as much patience as others need to be asked again.
    if (answers.tryAcquire()) {
      Thread.ofVirtual().name(THREAD).start(() -> reply(message));
    }
  }

  private void reply(byte[] message) {
    try {
      GatewayQuestion question = GatewayQuestion.parseFrom(message);
      answer(question)
          .ifPresent(answer -> publisher.publish(question.getReplyTo(), answer.toByteArray()));
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("a message on {} is no question", QUESTIONS);
    } finally {
      answers.release();
    }
  }

  /** This gateway's answer; empty if it has none in time. */
  private Optional<GatewayAnswer> answer(GatewayQuestion question) {
    GatewayAnswer.Builder answer =
        GatewayAnswer.newBuilder().setId(question.getId()).setGateway(connections.gateway());
    switch (question.getQuestionCase()) {
      case LIST -> answer.addAllConnections(connections.list(question.getList()));
      case END -> answer.setEnded(connections.end(question.getEnd()));
      case REVOCATION -> {
        Integer ended = ended(question.getRevocation());
        if (ended == null) {
          return Optional.empty();
        }
        answer.setEnded(ended);
      }
      case REPORT -> answer.setReport(report.json());
      case QUESTION_NOT_SET -> LOG.debug("a question of a later version");
    }
    return Optional.of(answer.build());
  }

  private @Nullable Integer ended(AwaitRevocation revocation) {
    return revocations
        .ended(new Position(new Epoch(revocation.getEpoch()), revocation.getOffset()))
        .completeOnTimeout(null, READ_WITHIN_MS, TimeUnit.MILLISECONDS)
        .join();
  }

  private void onAnswer(byte[] message) {
    try {
      GatewayAnswer answer = GatewayAnswer.parseFrom(message);
      BlockingQueue<GatewayAnswer> waiting = asked.get(answer.getId());
      if (waiting != null) {
        waiting.add(answer);
      }
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("a message on {} is no answer", replyTo);
    }
  }

  private String id() {
    return HexFormat.of().toHexDigits(ids.getAsLong());
  }
}
