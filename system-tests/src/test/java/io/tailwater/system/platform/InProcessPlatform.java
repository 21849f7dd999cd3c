package io.tailwater.system.platform;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.ai.AiStreamService;
import io.tailwater.backend.GrpcBackend;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import io.tailwater.core.EventCore;
import io.tailwater.core.faults.BroadcastFaults;
import io.tailwater.core.faults.FoldGate;
import io.tailwater.edge.EdgeGateway;
import io.tailwater.embedded.FreePort;
import io.tailwater.embedded.KafkaServer;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import io.tailwater.system.clients.Http;
import io.tailwater.system.ledger.Wanted;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * All services in this JVM, with a real Kafka and a real Redis of {@link TestServers}; so a test
 * can hold a fold back and garble broadcasts. One for the whole test run; a test leaves it as it
 * found it.
 */
public class InProcessPlatform implements Platform, ExtensionContext.Store.CloseableResource {
  private static final int EVENT_CORES = 2;
  private static final int GATEWAYS = 2;
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private static final String READER = Tokens.token("reader", List.of("*"), List.of());
  private static final String CONNECTIONS = Tokens.caller("operator", List.of("admin.connections"));

  private final Path data;
  private final KafkaServer kafka;
  private final RedisServer redis;
  private final List<Service> eventCores = new ArrayList<>();
  private final List<Service> gateways = new ArrayList<>();
  private final Service aiStreams;
  private final Service backend;

  private record Service(ApplicationContext context, int port, Path data) {
    URI management() {
      return Management.of(context);
    }
  }

  InProcessPlatform() {
    try {
      data = Files.createTempDirectory("tailwater-system-");
    } catch (IOException e) {
      throw new IllegalStateException("no temporary directory", e);
    }
    kafka = TestServers.kafka(data.resolve("kafka"));
    redis = TestServers.redis();
    List<Integer> ports = Stream.generate(FreePort::choose).limit(EVENT_CORES).toList();
    for (int i = 1; i <= EVENT_CORES; i++) {
      eventCores.add(eventCore(i, ports.get(i - 1)));
    }
    aiStreams = aiStreams();
    backend = backend();
    for (int i = 1; i <= GATEWAYS; i++) {
      gateways.add(gateway(i));
    }
    await()
        .atMost(START_LIMIT)
        .until(() -> gateways().stream().allMatch(gateway -> answers(gateway, "demo:start")));
  }

  private Service eventCore(int index, int port) {
    String name = "event-core-" + index;
    return new Service(eventCore(name, port, Namespaces.properties()), port, data.resolve(name));
  }

  /** One more event-core, perhaps of namespaces of its own; its caller closes it. */
  public ApplicationContext eventCore(String name, int port, Map<String, Object> namespaces) {
    Map<String, Object> properties = common(name);
    properties.put("grpc.server.host", "127.0.0.1");
    properties.put("grpc.server.port", port);
    properties.put("micronaut.server.port", FreePort.choose());
    properties.put("tailwater.core.data", data.resolve(name).toString());
    properties.putAll(namespaces);
    return EventCore.start(properties);
  }

  private Service aiStreams() {
    int port = FreePort.choose();
    Map<String, Object> settings =
        Map.of(
            "tailwater.ai.tokens-per-second",
            500,
            "tailwater.ai.usage-namespace",
            Namespaces.USAGE);
    return new Service(aiStreams(port, settings), port, data);
  }

  /** One more ai-stream-service, with settings of its own; its caller closes it. */
  public ApplicationContext aiStreams(int port, Map<String, Object> settings) {
    Map<String, Object> properties = common("ai-stream-service");
    properties.put("grpc.server.host", "127.0.0.1");
    properties.put("grpc.server.port", port);
    properties.put("micronaut.server.port", FreePort.choose());
    properties.put("tailwater.ai.event-cores", eventCoreAddresses());
    properties.putAll(settings);
    return AiStreamService.start(properties);
  }

  private Service backend() {
    int port = FreePort.choose();
    return new Service(backend("grpc-backend", port), port, data);
  }

  /** One more backend; its caller closes it. */
  public ApplicationContext backend(String name, int port) {
    Map<String, Object> properties = common(name);
    properties.put("grpc.server.host", "127.0.0.1");
    properties.put("grpc.server.port", port);
    properties.put("micronaut.server.port", FreePort.choose());
    properties.put("tailwater.backend.event-cores", eventCoreAddresses());
    return GrpcBackend.start(properties);
  }

  /** Where the backend's gRPC listens. */
  public String backendAddress() {
    return "127.0.0.1:" + backend.port();
  }

  private Service gateway(int index) {
    int port = FreePort.choose();
    Map<String, Object> properties = common("edge-gateway-" + index);
    properties.put("micronaut.server.port", port);
    properties.put("endpoints.all.port", FreePort.choose());
    properties.put("tailwater.edge.event-cores", eventCoreAddresses());
    properties.put("tailwater.edge.ai-streams", aiStreamsAddresses());
    properties.put("tailwater.edge.backends", backendAddress());
    properties.put("tailwater.edge.jwt-key", Tokens.KEY);
    if (index == 2) {
      // Keeps and sends next to nothing, so that many of its readers go through pages and many
      // connections can't be written to.
      properties.put("micronaut.server.netty.child-options.so-sndbuf", 8_192);
      properties.put("tailwater.edge.tail-bytes", 4096);
      properties.put("tailwater.edge.tails-bytes", 65_536);
    }
    return new Service(EdgeGateway.start(properties), port, data);
  }

  /** One more gateway, with settings of its own; its caller closes it. */
  public ExtraGateway gateway(Map<String, Object> settings) {
    Map<String, Object> properties = common("edge-gateway-extra");
    properties.put("micronaut.server.port", -1);
    properties.put("endpoints.all.port", FreePort.choose());
    properties.put("tailwater.edge.event-cores", eventCoreAddresses());
    properties.put("tailwater.edge.jwt-key", Tokens.KEY);
    properties.putAll(settings);
    return ExtraGateway.of(EdgeGateway.start(properties));
  }

  /** Settings of a gateway with which it reaches the AI service, too. */
  public Map<String, Object> withAiStreams(Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("tailwater.edge.ai-streams", aiStreamsAddresses());
    return all;
  }

  private List<String> aiStreamsAddresses() {
    return List.of("127.0.0.1:" + aiStreams.port());
  }

  private Map<String, Object> common(String instance) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("tailwater.instance", instance);
    properties.put("micronaut.server.host", "127.0.0.1");
    properties.put("kafka.bootstrap.servers", kafka.bootstrapServers());
    properties.put("redis.uri", redis.uri());
    return properties;
  }

  @Override
  public List<URI> gateways() {
    return gateways.stream().map(one -> URI.create("http://127.0.0.1:" + one.port())).toList();
  }

  /**
   * The connections of a gateway that read a channel and are live, not as part of a pattern.
   *
   * @throws IllegalStateException if the gateway did not answer
   */
  public int readers(URI gateway, Channel channel) {
    String query = "channel=" + Wanted.encoded(channel.toString()) + "&limit=1000";
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections?" + query))
                .header("Authorization", "Bearer " + CONNECTIONS));
    if (answer.status() != 200) {
      throw new IllegalStateException(answer.toString());
    }
    String name = "edge-gateway-" + (1 + gateways().indexOf(gateway));
    int live = 0;
    for (JsonNode connection : answer.json().path("connections")) {
      for (JsonNode one : connection.path("channels")) {
        if (connection.path("gateway").asText().equals(name)
            && one.path("channel").asText().equals(channel.toString())
            && one.path("state").asText().equals("live")) {
          live++;
        }
      }
    }
    return live;
  }

  @Override
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  /** Where each service's instances answer for health and metrics, by its name. */
  public Map<String, List<URI>> management() {
    return Map.of(
        "edge-gateway", gateways.stream().map(Service::management).toList(),
        "event-core", eventCores.stream().map(Service::management).toList(),
        "ai-stream-service", List.of(aiStreams.management()),
        "grpc-backend", List.of(backend.management()));
  }

  /** The contexts of all its services. */
  public List<ApplicationContext> contexts() {
    return Stream.of(eventCores, List.of(aiStreams, backend), gateways)
        .flatMap(List::stream)
        .map(Service::context)
        .toList();
  }

  /** What its keys and channels in Redis begin with. */
  public io.tailwater.contract.Platform name() {
    return Objects.requireNonNull(
        gateways.getFirst().context().getBean(io.tailwater.edge.log.Namespaces.class).platform());
  }

  public RedisServer redis() {
    return redis;
  }

  /** Where the event-cores' gRPC listens. */
  public List<String> eventCoreAddresses() {
    return eventCores.stream().map(one -> "127.0.0.1:" + one.port()).toList();
  }

  /**
   * The first page of a channel's state as each event-core folds it, once each has come to a
   * position. Only then does a request without a position find what was written before, wherever it
   * goes.
   *
   * @param min null for what each has now
   */
  public List<StatePage> states(String channel, @Nullable Position min) {
    StateRequest.Builder request = StateRequest.newBuilder().setChannel(channel);
    if (min != null) {
      request.setMin(
          io.tailwater.contract.v1.Position.newBuilder()
              .setEpoch(min.epoch().text())
              .setOffset(min.offset()));
    }
    return eventCoreAddresses().stream().map(core -> state(core, request.build())).toList();
  }

  private static StatePage state(String core, StateRequest request) {
    try (ServiceChannel channel =
        ServiceChannel.open(List.of(core), EventCoreGrpc.getServiceDescriptor())) {
      return RemoteLog.waiting(channel).state(request).join();
    }
  }

  /** Where the ai-stream-service's gRPC listens. */
  public List<String> aiStreamAddress() {
    return List.of("127.0.0.1:" + aiStreams.port());
  }

  /** Holds the fold of an event-core back. */
  public FoldGate foldGate(int eventCore) {
    return eventCores.get(eventCore).context().getBean(FoldGate.class);
  }

  public List<FoldGate> foldGates() {
    return IntStream.range(0, EVENT_CORES).mapToObj(this::foldGate).toList();
  }

  /** Faults between every event-core and Redis. */
  public List<BroadcastFaults> broadcastFaults() {
    return eventCores.stream().map(one -> one.context().getBean(BroadcastFaults.class)).toList();
  }

  /** Whether a gateway answers for this channel now, and judges tokens. */
  public static boolean answers(URI gateway, String channel) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              gateway.resolve("/v1/channel?channel=" + channel).toURL().openConnection();
      connection.setRequestProperty("Authorization", "Bearer " + READER);
      connection.setConnectTimeout(1_000);
      connection.setReadTimeout(5_000);
      int status = connection.getResponseCode();
      // Some have other keys.
      return status == 200 || status == 401;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    gateways.forEach(one -> one.context().close());
    aiStreams.context().close();
    backend.context().close();
    eventCores.forEach(one -> one.context().close());
    redis.close();
    kafka.close();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
