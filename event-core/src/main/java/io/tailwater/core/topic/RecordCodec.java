package io.tailwater.core.topic;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.tailwater.contract.Channel;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.EventData;
import io.tailwater.contract.EventType;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Partitioner;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.core.state.EntryWrite;
import io.tailwater.core.state.Expected;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Stateless: decodes Kafka records into events, and encodes publications as records. The only place
 * that knows the names of headers.
 */
public final class RecordCodec {
  private static final String TYPE = "tw-type";
  private static final String KEY = "tw-key";
  private static final String BY = "tw-by";
  private static final String CLOSE = "tw-close";
  private static final String DATA = "tw-data";
  private static final String ENTRY = "tw-entry";
  private static final String OP = "tw-op";
  private static final String IF = "tw-if";
  private static final String AT = "tw-at";
  private static final String SEEN = "tw-seen";
  private static final String OF = "tw-of";
  private static final String EVENT = "tw-event";
  private static final String CONTENT_TYPE = "content-type";
  private static final String TRACEPARENT = "traceparent";

  /** Longest idempotency key and content type, bytes. */
  public static final int MAX_KEY_BYTES = 255;

  /** Longest name of a publisher, bytes. */
  public static final int MAX_BY_BYTES = 1024;

  private static final byte[] BYTES = {'b', 'y', 't', 'e', 's'};
  private static final byte[] TRUE = {'t', 'r', 'u', 'e'};

  private RecordCodec() {}

  /** Immutable: the meaning of a record in its namespace. */
  public sealed interface Decoded {
    /**
     * An event, before the fold judges it.
     *
     * @param write what it asks to do to an entry of the channel's state; null if it names none
     * @param of the earlier event that it is about, of whichever incarnation of the topic; null for
     *     none
     * @param unreadable a header of ours that is not UTF-8 or too long, and is left out of the
     *     event; null if all are well
     */
    record Kept(
        byte[] channel,
        Event event,
        @Nullable EntryWrite write,
        @Nullable Position of,
        @Nullable String unreadable)
        implements Decoded {}

    /** Not an event of any channel: counted and skipped. */
    record Skipped(SkipReason reason) implements Decoded {}
  }

  /** Why a record is not an event. */
  public enum SkipReason {
    NO_KEY("it has no key"),
    BAD_KEY("its key is not 1 to 255 bytes of UTF-8 without control characters"),
    NO_VALUE("its value is null"),
    ELSEWHERE("it is not in the home partition of its key");

    private final String text;

    SkipReason(String text) {
      this.text = text;
    }

    /** The reason, for messages. */
    public String text() {
      return text;
    }
  }

  /** Decodes a record of a namespace's topic. */
  public static Decoded decode(Namespace namespace, ConsumerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    if (key == null) {
      return new Decoded.Skipped(SkipReason.NO_KEY);
    }
    String channelKey = utf8(key, Channel.MAX_KEY_BYTES);
    if (!Channel.isKey(channelKey)) {
      return new Decoded.Skipped(SkipReason.BAD_KEY);
    }
    EntryWrite write =
        namespace.stateKind() == StateKind.STATE_MAP
            ? write(record.headers(), record.value())
            : null;
    boolean deletes = write != null && write.op() == EntryOp.DELETE;
    if (record.value() == null && !deletes) {
      return new Decoded.Skipped(SkipReason.NO_VALUE);
    }
    if (namespace.home(key) != record.partition()) {
      return new Decoded.Skipped(SkipReason.ELSEWHERE);
    }
    Event.Builder event =
        Event.newBuilder()
            .setChannelKey(channelKey)
            .setOffset(record.offset())
            .setType(EventType.DEFAULT)
            .setTsMs(record.timestamp());
    if (deletes) {
      event.setKind(DataKind.JSON);
    } else {
      event
          .setData(UnsafeByteOperations.unsafeWrap(record.value()))
          .setKind(EventData.kind(namespace.kind(), record.value()));
    }
    if (write != null) {
      event.setEntry(write.entry()).setOp(write.op());
    }
    String unreadable = null;
    for (Header header : record.headers()) {
      if (!apply(header, event)) {
        unreadable = header.key();
      }
    }
    return new Decoded.Kept(key, event.build(), write, of(record.headers()), unreadable);
  }

  /** The event that a record is about; null if it names none that could be. */
  private static @Nullable Position of(Headers headers) {
    String of = last(headers, OF);
    try {
      return of == null ? null : Position.parse(of);
    } catch (RequestException e) {
      return null;
    }
  }

  /** What a record asks to do to an entry; null if it names none that can be. */
  private static @Nullable EntryWrite write(Headers headers, byte @Nullable [] value) {
    String entry = last(headers, ENTRY);
    if (entry == null || !EntryText.isName(entry)) {
      return null;
    }
    String op = value == null ? "delete" : last(headers, OP);
    String expected = last(headers, IF);
    String at = last(headers, AT);
    String seen = last(headers, SEEN);
    try {
      return new EntryWrite(
          entry,
          EntryText.op(op == null ? "" : op),
          Expected.parse(expected == null ? "" : expected),
          at == null ? EntryWrite.NO_CLOCK : clock(at),
          seen == null ? null : Position.parse(seen),
          false);
    } catch (RequestException | NumberFormatException e) {
      return new EntryWrite(
          entry, EntryOp.PUT, new Expected.Any(), EntryWrite.NO_CLOCK, null, true);
    }
  }

  private static long clock(String text) {
    long atMs = Long.parseLong(text);
    if (atMs <= 0) {
      throw new NumberFormatException("a clock shows 1 or more");
    }
    return atMs;
  }

  private static @Nullable String last(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null ? null : utf8(header.value(), MAX_KEY_BYTES);
  }

  /** The likely reason why a record is in a foreign partition, for the operator. */
  public static String cause(Namespace namespace, ConsumerRecord<byte[], byte[]> record) {
    Partitioner other =
        namespace.hash() == Partitioner.MURMUR2 ? Partitioner.CRC32 : Partitioner.MURMUR2;
    int there = HomePartition.of(other, record.key(), namespace.partitions());
    if (there != record.partition()) {
      return "its producer chose the partition itself, or was configured for another number of"
          + " partitions";
    }
    return other == Partitioner.CRC32
        ? "its producer hashes with crc32 as librdkafka does: set its partitioner to"
            + " murmur2_random, or the namespace's to crc32"
        : "its producer hashes with murmur2 as Java's does: set the namespace's partitioner to"
            + " murmur2";
  }

  /** Encodes a publication whose type was checked. */
  public static ProducerRecord<byte[], byte[]> encode(
      Namespace namespace, Channel channel, String type, PublishRequest request) {
    byte[] key = channel.keyBytes();
    byte[] value = request.getOp() == EntryOp.DELETE ? null : request.getData().toByteArray();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(namespace.topicName(), namespace.home(key), key, value);
    Headers headers = record.headers();
    if (!type.equals(EventType.DEFAULT)) {
      headers.add(TYPE, bytes(type));
    }
    add(headers, KEY, request.getKey());
    add(headers, BY, request.getBy());
    add(headers, CONTENT_TYPE, request.getContentType());
    add(headers, TRACEPARENT, request.getTraceparent());
    if (request.getClose()) {
      headers.add(CLOSE, TRUE);
    }
    if (value != null && isOtherwiseThanDeclared(namespace, value, request.getKind())) {
      headers.add(DATA, BYTES);
    }
    add(headers, ENTRY, request.getEntry());
    if (request.getOp() != EntryOp.PUT) {
      add(headers, OP, EntryText.shown(request.getOp()));
    }
    add(headers, IF, request.getIf());
    add(headers, AT, request.getAtMs() == 0 ? "" : Long.toString(request.getAtMs()));
    add(headers, SEEN, request.getSeen());
    add(headers, OF, request.getOf());
    add(headers, EVENT, request.getEvent());
    return record;
  }

  /** Returns whether the header can be read. */
  private static boolean apply(Header header, Event.Builder event) {
    if (header.value() == null) {
      return true;
    }
    switch (header.key()) {
      case TYPE -> event.setType(EventType.shown(typeOf(header.value())));
      case KEY -> event.setKey(utf8(header.value(), MAX_KEY_BYTES));
      case BY -> event.setBy(utf8(header.value(), MAX_BY_BYTES));
      case DATA -> event.setKind(isBytes(header.value()) ? DataKind.BYTES : event.getKind());
      case CLOSE -> event.setCloses(isTrue(header.value()));
      case CONTENT_TYPE -> event.setContentType(utf8(header.value(), MAX_KEY_BYTES));
      case TRACEPARENT -> event.setTraceparent(utf8(header.value(), MAX_KEY_BYTES));
      case EVENT -> event.setEvent(utf8(header.value(), EventType.MAX_NAME_BYTES));
      default -> {
        // Other headers are the producer's own.
        return true;
      }
    }
    int longest = header.key().equals(BY) ? MAX_BY_BYTES : MAX_KEY_BYTES;
    return header.value().length <= longest && Text.malformedAt(header.value()) == Text.WELL_FORMED;
  }

  /** A type that is not UTF-8 is shown like a reserved type, not like an absent one. */
  private static String typeOf(byte[] value) {
    String type = utf8(value, MAX_KEY_BYTES);
    return type.isEmpty() && value.length > 0 ? "?" : type;
  }

  /** Whether data that was declared to be bytes would be taken for what the namespace promises. */
  private static boolean isOtherwiseThanDeclared(
      Namespace namespace, byte[] data, DataKind declared) {
    return declared == DataKind.BYTES && EventData.kind(namespace.kind(), data) != DataKind.BYTES;
  }

  private static boolean isBytes(byte[] value) {
    return Arrays.equals(value, BYTES);
  }

  /** Whether the value is {@code true} or {@code 1}; any other value closes nothing. */
  private static boolean isTrue(byte[] value) {
    String text = new String(value, StandardCharsets.ISO_8859_1);
    return text.equals("true") || text.equals("1");
  }

  /** The text, or an empty one if it is too long or not UTF-8. */
  private static String utf8(byte[] value, int max) {
    if (value.length > max) {
      return "";
    }
    ByteString bytes = UnsafeByteOperations.unsafeWrap(value);
    return bytes.isValidUtf8() ? bytes.toStringUtf8() : "";
  }

  private static void add(Headers headers, String name, String value) {
    if (!value.isEmpty()) {
      headers.add(name, bytes(value));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
