package io.tailwater.edge.publish;

import com.google.protobuf.ByteString;
import io.tailwater.client.Publisher;
import io.tailwater.client.Verdict;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.PublishBody.Form;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The only way in: checks what a client asks to publish and sends it, events of the log to an
 * event-core and ephemeral ones over Redis. Any thread.
 */
public final class Publishing {
  private static final int MAX_KEY_BYTES = 255;

  private final Namespaces namespaces;
  private final Admission admission;
  private final Publisher publisher;
  private final EphemeralLane ephemeral;

  Publishing(
      Namespaces namespaces, Admission admission, Publisher publisher, EphemeralLane ephemeral) {
    this.namespaces = namespaces;
    this.admission = admission;
    this.publisher = publisher;
    this.ephemeral = ephemeral;
  }

  /** A request that may be sent, and the namespace of its channel. */
  record Checked(PublishRequest request, Namespace namespace) {}

  /**
   * Publishes a JSON value, after all that the same thread published before.
   *
   * @param request type (empty means {@code message}), key, close and the like, as the client sent
   *     them
   * @return fails with a {@link RequestException}
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  public CompletableFuture<Receipt> publishJson(
      Identity identity, Channel channel, PublishRequest.Builder request, byte[] json) {
    return publish(identity, channel, request, Form.JSON, json);
  }

  /** Publishes bytes; otherwise as {@link #publishJson}. */
  public CompletableFuture<Receipt> publishBytes(
      Identity identity, Channel channel, PublishRequest.Builder request, byte[] bytes) {
    return publish(identity, channel, request, Form.BYTES, bytes);
  }

  CompletableFuture<Receipt> publish(
      Identity identity, Channel channel, PublishRequest.Builder request, Form form, byte[] body) {
    Checked checked = checked(identity, channel, request, form, body);
    return checked.namespace().getEphemeral()
        ? ephemeral.send(checked.request(), checked.namespace())
        : publisher.publish(checked.request()).thenApply(Publishing::receipt);
  }

  /**
   * Publishes these in order.
   *
   * @return in the same order; each may fail with a {@link RequestException}
   */
  List<CompletableFuture<Receipt>> publishInOrder(List<Checked> all) {
    Iterator<CompletableFuture<Verdict>> verdicts =
        publisher
            .publishInOrder(
                all.stream()
                    .filter(one -> !one.namespace().getEphemeral())
                    .map(Checked::request)
                    .toList())
            .iterator();
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>(all.size());
    for (Checked one : all) {
      receipts.add(
          one.namespace().getEphemeral()
              ? ephemeral.send(one.request(), one.namespace())
              : verdicts.next().thenApply(Publishing::receipt));
    }
    return receipts;
  }

  /**
   * Completes a request.
   *
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  Checked checked(
      Identity identity, Channel channel, PublishRequest.Builder request, Form form, byte[] body) {
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requirePublish(channel, namespace);
    admission.publish(identity);
    ByteString data = PublishBody.data(form, body, namespace, request.getClose());
    requireSize(data, namespace);
    requireKey(request.getKey());
    return new Checked(
        request
            .setChannel(channel.toString())
            .setType(EventType.publishable(request.getType()))
            .setBy(identity.subject())
            .setData(data)
            .build(),
        namespace);
  }

  private static Receipt receipt(Verdict verdict) {
    return switch (verdict) {
      case Stored stored -> Receipt.of(stored);
      case Closed _ ->
          throw new RequestException(
              ErrorCode.CLOSED, "the channel is closed: nothing can be added to it");
      case Refused(ErrorCode code, String message) -> throw new RequestException(code, message);
      case Unknown _ ->
          throw new RequestException(
              ErrorCode.UNAVAILABLE,
              "whether this was published is unknown: try again with the same Idempotency-Key");
    };
  }

  private static void requireSize(ByteString data, Namespace namespace) {
    if (data.size() > namespace.getMaxEventBytes()) {
      throw new RequestException(
          ErrorCode.TOO_LARGE,
          "an event of "
              + namespace.getName()
              + " has at most "
              + namespace.getMaxEventBytes()
              + " bytes of data, and this one "
              + data.size());
    }
  }

  private static void requireKey(String key) {
    if (key.getBytes(StandardCharsets.UTF_8).length > MAX_KEY_BYTES
        || key.chars().anyMatch(Character::isISOControl)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "an idempotency key is at most 255 bytes of UTF-8 without control characters");
    }
  }
}
