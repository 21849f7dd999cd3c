package io.tailwater.edge.publish;

import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Namespaces;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** What every publication of a client goes through, whatever it came by. Any thread. */
public final class Publishing {
  private static final int MAX_KEY_BYTES = 255;

  private final Namespaces namespaces;
  private final Admission admission;
  private final Publisher publisher;

  Publishing(Namespaces namespaces, Admission admission, Publisher publisher) {
    this.namespaces = namespaces;
    this.admission = admission;
    this.publisher = publisher;
  }

  /**
   * Publishes what was checked, in the order of the calls.
   *
   * @return fails with a {@link RequestException}
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  public CompletableFuture<Verdict> publish(Identity identity, Draft draft) {
    return publisher.publish(checked(identity, draft));
  }

  Publication checked(Identity identity, Draft draft) {
    Namespace namespace = namespaces.get(draft.channel().namespace());
    identity.requirePublish(draft.channel(), namespace);
    admission.publish(identity);
    ByteString data = PublishBody.data(draft.form(), draft.body(), namespace, draft.close());
    requireSize(data, namespace);
    return new Publication(
        draft.channel(),
        EventType.publishable(draft.type()),
        identity.subject(),
        key(draft.key()),
        data,
        draft.close(),
        draft.contentType(),
        draft.traceparent());
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

  private static String key(String key) {
    if (key.getBytes(StandardCharsets.UTF_8).length > MAX_KEY_BYTES
        || key.chars().anyMatch(Character::isISOControl)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "an idempotency key is at most 255 bytes of UTF-8 without control characters");
    }
    return key;
  }
}
