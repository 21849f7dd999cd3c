package io.tailwater.launcher.client;

import io.tailwater.launcher.platform.Ports;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tailwater produce}: writes records to the platform's Kafka, as other programs do. */
@Command(
    name = "produce",
    mixinStandardHelpOptions = true,
    description = {
      "Writes records to a topic of the Kafka of the platform on this machine, past the gateways.",
      "",
      "It is how a program of yours publishes that knows Kafka only. A record's key is the channel's",
      "name without its namespace. Without DATA, each line of standard input is one record; with",
      "--separator, a line is its key, the separator, and its value. Prints 'partition offset' of each",
      "record once Kafka has it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater produce demo --key hello '{\"text\":\"hi\"}'      # an event of demo:hello",
      "  ./tailwater produce demo --key hello --header type=note '{}'",
      "  seq 100 | ./tailwater produce demo --key numbers",
      "  echo 'hello:{\"n\":1}' | ./tailwater produce demo --separator :"
    })
public final class ProduceCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int MAX_UNANSWERED = 1_000;

  @Mixin OwnPlatform platform = new OwnPlatform();

  @Parameters(
      index = "0",
      paramLabel = "TOPIC",
      description = "The topic of a namespace: './tailwater namespaces' lists them.")
  String topic = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "DATA", description = "The record's value.")
  @Nullable String data;

  @Option(names = "--key", paramLabel = "KEY", description = "The record's key.")
  @Nullable String key;

  @Option(
      names = "--header",
      paramLabel = "NAME=VALUE",
      description = "A header of each record; may be repeated.")
  Map<String, String> headers = new LinkedHashMap<>();

  @Option(
      names = "--separator",
      paramLabel = "TEXT",
      description = "Stands between key and value of a line.")
  @Nullable String separator;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (separator != null && (key != null || data != null || separator.isEmpty())) {
      throw new LaunchException(
          ExitStatus.USAGE,
          "--separator is for lines that have their own keys: leave out --key and DATA.");
    }
    String servers = "127.0.0.1:" + new Ports(platform.find().port()).kafka();
    requireTopic(servers);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                servers,
                "acks",
                "all",
                "max.block.ms",
                LIMIT.toMillis(),
                "delivery.timeout.ms",
                (int) LIMIT.toMillis(),
                "request.timeout.ms",
                (int) LIMIT.toMillis() / 2),
            new StringSerializer(),
            new StringSerializer())) {
      if (data != null) {
        print(List.of(producer.send(record(key, data))));
      } else {
        produceLines(producer);
      }
    }
    return ExitStatus.DONE;
  }

  /** A broker that makes topics by itself would make one of a mistyped name. */
  private void requireTopic(String servers) throws InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      Set<String> topics =
          new TreeSet<>(admin.listTopics().names().get(LIMIT.toSeconds(), TimeUnit.SECONDS));
      if (!topics.contains(topic)) {
        throw new LaunchException(
            "Kafka has no topic '%s'; it has %s.".formatted(topic, String.join(", ", topics)));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw unanswered(servers);
    }
  }

  private static LaunchException unanswered(String servers) {
    return new LaunchException(
        ExitStatus.UNAVAILABLE, "Kafka does not answer at %s; try again.".formatted(servers));
  }

  private ProducerRecord<String, String> record(@Nullable String recordKey, String value) {
    ProducerRecord<String, String> record = new ProducerRecord<>(topic, recordKey, value);
    headers.forEach(
        (name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    return record;
  }

  private void produceLines(KafkaProducer<String, String> producer)
      throws IOException, InterruptedException {
    List<Future<RecordMetadata>> unanswered = new ArrayList<>();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (!line.isBlank()) {
        unanswered.add(producer.send(record(line)));
      }
      // A slow writer's line goes out at once; a fast one's go together.
      if (unanswered.size() == MAX_UNANSWERED || !input.ready()) {
        print(unanswered);
        unanswered.clear();
      }
    }
    print(unanswered);
  }

  private ProducerRecord<String, String> record(String line) {
    if (separator == null) {
      return record(key, line);
    }
    int at = line.indexOf(separator);
    if (at < 0) {
      throw new LaunchException(
          ExitStatus.USAGE, "The line '%s' has no '%s' after its key.".formatted(line, separator));
    }
    return record(line.substring(0, at), line.substring(at + separator.length()));
  }

  private static void print(List<Future<RecordMetadata>> sent) throws InterruptedException {
    for (Future<RecordMetadata> each : sent) {
      try {
        RecordMetadata stored = each.get();
        System.out.println(stored.partition() + " " + stored.offset());
      } catch (ExecutionException e) {
        String reason = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
        throw new LaunchException(
            e.getCause() instanceof RetriableException
                ? ExitStatus.UNAVAILABLE
                : ExitStatus.REFUSED,
            "Kafka did not store a record: " + reason);
      }
    }
  }
}
