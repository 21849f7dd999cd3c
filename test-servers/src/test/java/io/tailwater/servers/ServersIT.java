package io.tailwater.servers;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.embedded.KafkaServer;
import io.tailwater.embedded.RedisServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What tests may expect of their servers, wherever these run. */
final class ServersIT {
  private static final Config NONE = new Config(List.of());
  private static final String CHECKS = "log.retention.check.interval.ms";

  @Test
  void kafkaTakesRecordsAndHasTheSettingsThatWereAskedFor(@TempDir Path data) throws Exception {
    try (KafkaServer kafka = TestServers.kafka(data.resolve("kafka"), Map.of(CHECKS, "500"))) {
      Map<String, Object> servers = Map.of("bootstrap.servers", kafka.bootstrapServers());
      try (Admin admin = Admin.create(servers);
          var producer =
              new KafkaProducer<>(servers, new StringSerializer(), new StringSerializer())) {
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
        assertThat(producer.send(new ProducerRecord<>("t", "k", "v")).get(30, TimeUnit.SECONDS))
            .extracting(sent -> sent.offset())
            .isEqualTo(0L);
        var broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        Config settings =
            admin.describeConfigs(List.of(broker)).all().get().getOrDefault(broker, NONE);
        assertThat(settings.get(CHECKS)).extracting(setting -> setting.value()).isEqualTo("500");
      }
    }
  }

  @Test
  void redisAnswersDiesAndComesBackAtTheSameAddress() {
    try (RedisServer redis = TestServers.redis()) {
      URI address = URI.create(redis.uri());
      assertThat(EmbeddedRedis.answers(address.getPort())).isTrue();
      redis.kill();
      assertThat(EmbeddedRedis.answers(address.getPort())).isFalse();
      redis.start();
      assertThat(EmbeddedRedis.answers(address.getPort())).isTrue();
      assertThat(redis.uri()).isEqualTo(address.toString());
    }
  }
}
