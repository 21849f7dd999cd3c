package io.tailwater.core.publish;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.topic.Namespace;
import io.tailwater.core.topic.RecordCodec;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Immutable: a request that may be appended, and the record to append. The record's key is the key
 * of the channel.
 *
 * @param request as it was received
 * @param namespace of the channel
 * @param fold of the channel's home partition
 * @param record for the home partition
 */
record CheckedRequest(
    PublishRequest request,
    Folds.Of namespace,
    PartitionFold fold,
    ProducerRecord<byte[], byte[]> record) {

  /**
   * Checks a request. Depends on the request, the configuration and the topic's epoch alone.
   *
   * @throws RequestException if the request breaks a rule, or its namespace is unknown
   */
  static CheckedRequest of(PublishRequest original, Folds folds) {
    PublishRequest request = EntryRequest.withOp(original);
    Channel channel = Channel.parse(request.getChannel());
    Folds.Of namespace = folds.namespace(channel.namespace());
    Namespace rules = namespace.namespace();
    String type = EventType.publishable(request.getType());
    if (request.getData().size() > rules.maxEventBytes()) {
      throw new RequestException(
          ErrorCode.TOO_LARGE,
          "an event in '%s' is at most %d bytes, and this one has %d"
              .formatted(rules.name(), rules.maxEventBytes(), request.getData().size()));
    }
    requireShort("an idempotency key", request.getKey(), RecordCodec.MAX_KEY_BYTES);
    requireShort("a publisher's name", request.getBy(), RecordCodec.MAX_BY_BYTES);
    requireShort("a content type", request.getContentType(), RecordCodec.MAX_KEY_BYTES);
    requireShort("a traceparent", request.getTraceparent(), RecordCodec.MAX_KEY_BYTES);
    EventType.requireName(request.getEvent());
    PartitionFold fold = namespace.folds().get(rules.home(channel.keyBytes()));
    EntryRequest.check(request, rules, fold.head().epoch());
    requireOf(request.getOf(), fold.head().epoch());
    return new CheckedRequest(
        request, namespace, fold, RecordCodec.encode(rules, channel, type, request));
  }

  private static void requireOf(String of, String epoch) {
    if (!of.isEmpty() && !Position.parse(of).epoch().text().equals(epoch)) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "'of' is the id of an event of another incarnation of the topic");
    }
  }

  private static void requireShort(String what, String text, int max) {
    if (text.length() > max || text.getBytes(StandardCharsets.UTF_8).length > max) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, what + " is at most " + max + " bytes of UTF-8");
    }
  }
}
