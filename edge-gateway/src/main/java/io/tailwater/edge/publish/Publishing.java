package io.tailwater.edge.publish;

import com.google.protobuf.ByteString;
import io.tailwater.client.Publisher;
import io.tailwater.client.Verdict;
import io.tailwater.contract.Channel;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.IdempotencyKey;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.Places;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.PublishBody.Form;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The only way in: checks what a client asks to publish and sends it, events of the log to an
 * event-core and ephemeral ones over Redis. Any thread.
 */
public final class Publishing {
  private final Namespaces namespaces;
  private final Authority authority;
  private final Admission admission;
  private final Places places;
  private final Publisher publisher;
  private final EphemeralLane ephemeral;

  Publishing(
      Namespaces namespaces,
      Authority authority,
      Admission admission,
      Places places,
      Publisher publisher,
      EphemeralLane ephemeral) {
    this.namespaces = namespaces;
    this.authority = authority;
    this.admission = admission;
    this.places = places;
    this.publisher = publisher;
    this.ephemeral = ephemeral;
  }

  /** A request that may be sent, and the namespace of its channel. */
  record Checked(PublishRequest request, Namespace namespace) {}

  /** The right to publish to a channel, once. */
  record Permit(Identity identity, Channel channel, Namespace namespace) {}

  /**
   * Judges everything about a publication but its data.
   *
   * @throws RequestException {@code not_found}, {@code unauthorized}, {@code forbidden}, {@code
   *     rate_limited}
   */
  Permit permit(Identity identity, Channel channel) {
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requirePublish(channel, namespace);
    admission.publish(identity);
    return new Permit(identity, channel, namespace);
  }

  /**
   * Refuses whoever may publish nowhere, for batches, whose channels are in their lines.
   *
   * @throws RequestException {@code unauthorized}, {@code forbidden}
   */
  void requireAnyRight(Identity identity) {
    identity.requirePublishAnywhere(namespaces.anonymousPublish());
  }

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

  /**
   * Publishes what a client asks for in a frame; otherwise as {@link #publishJson}.
   *
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  public CompletableFuture<Receipt> publish(Identity identity, Publish wish) {
    Channel channel = Channel.parse(wish.getChannel());
    boolean named = !wish.getEntry().isEmpty() || !wish.getOp().isEmpty();
    EntryOp op = named ? EntryText.op(wish.getOp()) : EntryOp.ENTRY_OP_UNSPECIFIED;
    if (wish.getData().isEmpty()
        && wish.getEncoding() == Encoding.ENCODING_JSON
        && !wish.getClose()
        && op != EntryOp.DELETE) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'data' is missing: any JSON value, or base64 with \"encoding\":\"base64\"");
    }
    byte[] data = wish.getData().toByteArray();
    PublishRequest.Builder request =
        PublishRequest.newBuilder()
            .setEntry(wish.getEntry())
            .setOp(op)
            .setIf(wish.getIf())
            .setAtMs(wish.getAt())
            .setSeen(wish.getSeen())
            .setEvent(wish.getEvent())
            .setType(wish.getType())
            .setKey(wish.getKey())
            .setClose(wish.getClose());
    return wish.getEncoding() == Encoding.ENCODING_BASE64
        ? publishBytes(identity, channel, request, data)
        : publishJson(identity, channel, request, data);
  }

  /** Publishes bytes; otherwise as {@link #publishJson}. */
  public CompletableFuture<Receipt> publishBytes(
      Identity identity, Channel channel, PublishRequest.Builder request, byte[] bytes) {
    return publish(identity, channel, request, Form.BYTES, bytes);
  }

  private CompletableFuture<Receipt> publish(
      Identity identity, Channel channel, PublishRequest.Builder request, Form form, byte[] body) {
    return publish(permit(identity, channel), request, form, body);
  }

  CompletableFuture<Receipt> publish(
      Permit permit, PublishRequest.Builder request, Form form, byte[] body) {
    Checked checked = checked(permit, request, form, body);
    Runnable leave = places.take(permit.identity(), 1, checked.request().getSerializedSize());
    // This thread's, whoever brings the answer: what it publishes later may not be earlier.
    Publisher.Route route = publisher.route();
    return authority
        .publish(permit.identity(), permit.channel(), permit.namespace())
        .thenCompose(allowed -> send(checked, route))
        .whenComplete((done, failure) -> leave.run());
  }

  private CompletableFuture<Receipt> send(Checked checked, Publisher.Route route) {
    return checked.namespace().getEphemeral()
        ? ephemeral.send(checked.request(), checked.namespace())
        : route.publish(checked.request()).thenApply(Publishing::receipt);
  }

  /**
   * Publishes these in order. If they are more than this client's share of the places, none of them
   * is sent.
   *
   * @return in the same order; each may fail with a {@link RequestException}
   */
  List<CompletableFuture<Receipt>> publishInOrder(Identity identity, List<Checked> all) {
    long bytes = all.stream().mapToLong(one -> one.request().getSerializedSize()).sum();
    Runnable leave;
    try {
      leave = places.take(identity, all.size(), bytes);
    } catch (RequestException refusal) {
      return all.stream().map(one -> CompletableFuture.<Receipt>failedFuture(refusal)).toList();
    }
    List<CompletableFuture<Receipt>> receipts = authorized(identity, all);
    CompletableFuture.allOf(receipts.toArray(CompletableFuture[]::new))
        .whenComplete((done, failure) -> leave.run());
    return receipts;
  }

  /** Asks about each channel, and sends what is allowed once all answers are here. */
  private List<CompletableFuture<Receipt>> authorized(Identity identity, List<Checked> all) {
    if (all.stream().noneMatch(one -> one.namespace().getAuthorizePublish())) {
      return sendInOrder(all);
    }
    List<CompletableFuture<Void>> rights =
        all.stream()
            .map(
                one ->
                    authority.publish(
                        identity, Channel.parse(one.request().getChannel()), one.namespace()))
            .toList();
    List<CompletableFuture<Receipt>> receipts =
        all.stream().map(one -> new CompletableFuture<Receipt>()).toList();
    CompletableFuture.allOf(rights.toArray(CompletableFuture[]::new))
        .whenComplete((done, failure) -> sendAllowed(all, rights, receipts));
    return receipts;
  }

  private void sendAllowed(
      List<Checked> all,
      List<CompletableFuture<Void>> rights,
      List<CompletableFuture<Receipt>> receipts) {
    List<Checked> allowed = new ArrayList<>(all.size());
    List<CompletableFuture<Receipt>> waiting = new ArrayList<>(all.size());
    for (int i = 0; i < all.size(); i++) {
      if (rights.get(i).isCompletedExceptionally()) {
        receipts.get(i).completeExceptionally(rights.get(i).exceptionNow());
      } else {
        allowed.add(all.get(i));
        waiting.add(receipts.get(i));
      }
    }
    List<CompletableFuture<Receipt>> sent = sendInOrder(allowed);
    for (int i = 0; i < sent.size(); i++) {
      CompletableFuture<Receipt> receipt = waiting.get(i);
      sent.get(i)
          .whenComplete(
              (done, failure) -> {
                if (failure == null) {
                  receipt.complete(done);
                } else {
                  receipt.completeExceptionally(failure);
                }
              });
    }
  }

  private List<CompletableFuture<Receipt>> sendInOrder(List<Checked> all) {
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
  Checked checked(Permit permit, PublishRequest.Builder request, Form form, byte[] body) {
    Namespace namespace = permit.namespace();
    ByteString data =
        request.getOp() == EntryOp.DELETE
            ? ByteString.copyFrom(body)
            : PublishBody.data(form, body, namespace, request.getClose());
    requireSize(data, namespace);
    IdempotencyKey.require(request.getKey());
    EventType.requireName(request.getEvent());
    return new Checked(
        request
            .setChannel(permit.channel().toString())
            .setType(EventType.publishable(request.getType()))
            .setBy(permit.identity().subject())
            .setData(data)
            .setKind(form == Form.BYTES ? DataKind.BYTES : DataKind.DATA_KIND_UNSPECIFIED)
            .build(),
        namespace);
  }

  private static Receipt receipt(Verdict verdict) {
    return Receipt.of(verdict.stored());
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
}
