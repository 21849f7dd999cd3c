package io.tailwater.core.publish;

import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.core.state.Canonical;
import io.tailwater.core.state.Expected;
import io.tailwater.core.state.Numbers;
import io.tailwater.core.topic.Namespace;

/** Stateless: checks what a request asks to do to an entry, as far as that needs no entry. */
final class EntryRequest {
  private EntryRequest() {}

  /** The request with the op that it has if it names none. */
  static PublishRequest withOp(PublishRequest request) {
    return !request.getEntry().isEmpty() && request.getOp() == EntryOp.ENTRY_OP_UNSPECIFIED
        ? request.toBuilder().setOp(EntryOp.PUT).build()
        : request;
  }

  /**
   * Checks a request.
   *
   * @param epoch of the topic
   * @throws RequestException {@code invalid_request}, {@code invalid_position}
   */
  static void check(PublishRequest request, Namespace namespace, String epoch) {
    if (request.getEntry().isEmpty()) {
      require(
          request.getOp() == EntryOp.ENTRY_OP_UNSPECIFIED
              && request.getIf().isEmpty()
              && request.getAtMs() == 0
              && request.getSeen().isEmpty(),
          "op, if, at and seen are about an entry: name it with 'entry'");
      return;
    }
    require(
        namespace.stateKind() == StateKind.STATE_MAP,
        "'%s' keeps no entries: only namespaces with state: map do".formatted(namespace.name()));
    EntryText.requireName(request.getEntry());
    Expected.parse(request.getIf());
    checkClock(request);
    checkSeen(request, epoch);
    checkData(request);
    boolean needsAll =
        request.getAtMs() != 0
            || request.getOp() == EntryOp.ADD
            || request.getOp() == EntryOp.INCLUDE
            || request.getOp() == EntryOp.EXCLUDE;
    require(
        !needsAll || namespace.isForever(),
        "add, include, exclude and at need a namespace with retention: forever, and '%s' lets records expire"
            .formatted(namespace.name()));
  }

  private static void checkClock(PublishRequest request) {
    require(request.getAtMs() >= 0, "'at' is milliseconds since 1970, 1 or more");
    require(
        request.getAtMs() == 0 || !request.getKey().isEmpty(),
        "'at' needs an idempotency key, by which equal times are told apart");
  }

  private static void checkSeen(PublishRequest request, String epoch) {
    if (request.getSeen().isEmpty()) {
      return;
    }
    require(request.getOp() == EntryOp.EXCLUDE, "'seen' is for exclude only");
    if (!Position.parse(request.getSeen()).epoch().text().equals(epoch)) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "'seen' is a position of another incarnation of the topic: read the state again");
    }
  }

  private static void checkData(PublishRequest request) {
    byte[] data = request.getData().toByteArray();
    switch (request.getOp()) {
      case DELETE -> require(data.length == 0, "a delete has no data");
      case ADD ->
          require(Numbers.amount(data) != null, "the data of an add is an integer within ±2^53");
      case INCLUDE, EXCLUDE ->
          require(
              Canonical.elements(data) != null,
              "the data of an include or exclude is a JSON array whose values have an RFC 8785 form");
      case PUT, ENTRY_OP_UNSPECIFIED, UNRECOGNIZED -> {
        // Any data.
      }
    }
  }

  private static void require(boolean good, String message) {
    if (!good) {
      throw new RequestException(ErrorCode.INVALID_REQUEST, message);
    }
  }
}
