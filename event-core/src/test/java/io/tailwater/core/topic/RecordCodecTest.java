package io.tailwater.core.topic;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.core.topic.RecordCodec.Decoded.Kept;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RecordCodecTest {
  /** The UTF-8 bytes of U+FFFD, one character each. */
  private static final String REPLACEMENT = "\u00EF\u00BF\u00BD";

  private static final byte[] HALF = {'a', (byte) 0xED, (byte) 0xA0, (byte) 0x80};

  @ParameterizedTest
  @CsvSource({
    "json, '{\"a\":1}', JSON",
    "json, 'no json', BYTES",
    "text, 'words', TEXT",
    "bytes, 'words', BYTES",
  })
  void dataIsWhatThePublisherDeclared(String namespace, String data, DataKind undeclared) {
    Namespace rules = namespace(namespace);
    assertThat(back(rules, data, DataKind.DATA_KIND_UNSPECIFIED).event().getKind())
        .isEqualTo(undeclared);
    assertThat(back(rules, data, DataKind.BYTES).event().getKind()).isEqualTo(DataKind.BYTES);
  }

  @Test
  void onlyDataThatWouldBeJudgedOtherwiseHasAHeaderOfIt() {
    assertThat(record(namespace("json"), "1", DataKind.BYTES).headers()).hasSize(1);
    assertThat(record(namespace("json"), "no json", DataKind.BYTES).headers()).isEmpty();
    assertThat(record(namespace("json"), "1", DataKind.DATA_KIND_UNSPECIFIED).headers()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tw-type", "tw-key", "tw-by", "content-type", "traceparent"})
  void aHeaderThatIsNotUtf8IsNamedAndLeftOut(String header) {
    ProducerRecord<byte[], byte[]> record =
        record(namespace("json"), "1", DataKind.DATA_KIND_UNSPECIFIED);
    record.headers().add(header, HALF);
    Kept kept = decoded(namespace("json"), record);
    assertThat(kept.unreadable()).isEqualTo(header);
    assertThat(kept.event().getKey()).isEmpty();
    assertThat(kept.event().getBy()).isEmpty();
    assertThat(new String(kept.event().toByteArray(), StandardCharsets.ISO_8859_1))
        .doesNotContain(REPLACEMENT);
    record.headers().remove(header).add("of-another", HALF);
    assertThat(decoded(namespace("json"), record).unreadable()).isNull();
  }

  private static Kept back(Namespace rules, String data, DataKind declared) {
    return decoded(rules, record(rules, data, declared));
  }

  private static ProducerRecord<byte[], byte[]> record(
      Namespace rules, String data, DataKind declared) {
    return RecordCodec.encode(
        rules,
        new Channel("t", "a"),
        "message",
        PublishRequest.newBuilder()
            .setData(ByteString.copyFromUtf8(data))
            .setKind(declared)
            .build());
  }

  private static Kept decoded(Namespace rules, ProducerRecord<byte[], byte[]> sent) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(rules.topicName(), 0, 7, sent.key(), sent.value());
    sent.headers().forEach(record.headers()::add);
    assertThat(new String(sent.key(), StandardCharsets.UTF_8)).isEqualTo("a");
    return (Kept) RecordCodec.decode(rules, record);
  }

  private static Namespace namespace(String data) {
    return Rules.USUAL.data(data).namespace();
  }
}
