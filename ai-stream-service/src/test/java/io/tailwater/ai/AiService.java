package io.tailwater.ai;

import io.micronaut.context.ApplicationContext;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.contract.v1.AiStreamsGrpc.AiStreamsBlockingStub;
import io.tailwater.contract.v1.CancelStreamRequest;
import io.tailwater.contract.v1.ChatMessage;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.GetStreamRequest;
import io.tailwater.contract.v1.StreamState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A whole ai-stream-service on free ports, and a client of it. */
final class AiService implements AutoCloseable {
  /** Where no Redis listens. */
  static final String NO_REDIS = "redis://127.0.0.1:1";

  private final ApplicationContext context;
  private final ServiceChannel channel;

  private AiService(ApplicationContext context) {
    this.context = context;
    int port = context.getBean(io.micronaut.grpc.server.GrpcEmbeddedServer.class).getPort();
    this.channel =
        ServiceChannel.open(List.of("127.0.0.1:" + port), AiStreamsGrpc.getServiceDescriptor());
  }

  /** Starts one that is fast, and patient for seconds only, except for what is told. */
  static AiService start(String eventCore, String redis, Map<String, Object> properties) {
    Map<String, Object> all =
        new HashMap<>(
            Map.of(
                "grpc.server.port",
                0,
                "micronaut.server.port",
                -1,
                "redis.uri",
                redis,
                "tailwater.ai.event-cores",
                eventCore,
                "tailwater.ai.tokens-per-second",
                2000,
                "tailwater.ai.roll-up",
                "5ms",
                "tailwater.ai.publish.first-backoff",
                "1ms",
                "tailwater.ai.publish.max-backoff",
                "20ms"));
    all.putAll(properties);
    return new AiService(AiStreamService.start(all));
  }

  AiStreamsBlockingStub client() {
    return AiStreamsGrpc.newBlockingStub(channel);
  }

  StreamState create(CreateStreamRequest request) {
    return client().create(request);
  }

  StreamState get(String id) {
    return client().get(GetStreamRequest.newBuilder().setId(id).build());
  }

  StreamState cancel(String id) {
    return client().cancel(CancelStreamRequest.newBuilder().setId(id).build());
  }

  ApplicationContext context() {
    return context;
  }

  static CreateStreamRequest.Builder prompt(String text) {
    return CreateStreamRequest.newBuilder()
        .setCreator("alice")
        .addMessages(ChatMessage.newBuilder().setRole("user").setContent(text));
  }

  @Override
  public void close() {
    channel.close();
    context.close();
  }
}
