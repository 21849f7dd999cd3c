package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.backend.v1.BackendGrpc;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Caller;
import io.tailwater.contract.backend.v1.ImportSummary;
import io.tailwater.contract.backend.v1.ImportedMessage;
import io.tailwater.contract.backend.v1.RoomMessage;
import io.tailwater.contract.backend.v1.WatchRequest;
import io.tailwater.system.Json;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The platform's backend as generic gRPC tools see it: every kind of call, health, reflection. */
@OnPlatforms
final class BackendServiceIT {
  private final ManagedChannel channel;

  BackendServiceIT(InProcessPlatform platform) {
    channel = NettyChannelBuilder.forTarget(platform.backendAddress()).usePlaintext().build();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
  }

  @Test
  void toolsFindTheServiceAndItsHealth() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatus())
        .isEqualTo(ServingStatus.SERVING);
    CompletableFuture<ServerReflectionResponse> services = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> reflection =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new First<>(services));
    reflection.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(
            services
                .orTimeout(60, TimeUnit.SECONDS)
                .join()
                .getListServicesResponse()
                .getServiceList())
        .extracting(service -> service.getName())
        .contains("tailwater.backend.v1.Backend");
    reflection.onCompleted();
  }

  @Test
  void messagesAreImportedOnceAndWatched() {
    String room = "chat:imported";
    Iterator<RoomMessage> watched =
        BackendGrpc.newBlockingStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .watch(WatchRequest.newBuilder().setRoom(room).setAfter(before(room)).build());
    assertThat(imported(room))
        .satisfies(
            summary -> {
              assertThat(summary.getStored()).isEqualTo(2);
              assertThat(summary.getDuplicates()).isZero();
              assertThat(summary.getRefused()).isEqualTo(2);
              assertThat(summary.getRefusals(0).getIndex()).isEqualTo(2);
              assertThat(summary.getRefusals(0).getCode()).isEqualTo("invalid_request");
              assertThat(summary.getRefusals(1).getCode()).isEqualTo("forbidden");
            });
    assertThat(imported(room).getDuplicates()).isEqualTo(2);
    RoomMessage first = watched.next();
    assertThat(first.getBy()).isEqualTo("ada");
    assertThat(first.getData().toStringUtf8()).isEqualTo("{\"text\":\"one\"}");
    assertThat(watched.next().getData().toStringUtf8()).isEqualTo("bytes");
  }

  /** The position before a message that nobody else has. */
  private String before(String room) {
    String data =
        BackendGrpc.newBlockingStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .call(
                CallRequest.newBuilder()
                    .setMethod("chat.send")
                    .setData(
                        ByteString.copyFromUtf8("{\"room\":\"" + room + "\",\"text\":\"before\"}"))
                    .setCaller(Caller.newBuilder().setSubject("tool").addPublish("chat:*"))
                    .build())
            .getResult()
            .getData()
            .toStringUtf8();
    return Json.tree(data).path("id").asText();
  }

  private ImportSummary imported(String room) {
    CompletableFuture<ImportSummary> summary = new CompletableFuture<>();
    StreamObserver<ImportedMessage> messages =
        BackendGrpc.newStub(channel).import_(new First<>(summary));
    ImportedMessage message =
        ImportedMessage.newBuilder().setRoom(room).setBy("ada").setKey("1").setText("one").build();
    messages.onNext(message);
    messages.onNext(
        message.toBuilder()
            .setKey("2")
            .clearText()
            .setContentType("text/x-test")
            .setData(ByteString.copyFromUtf8("bytes"))
            .build());
    messages.onNext(message.toBuilder().clearText().build());
    messages.onNext(message.toBuilder().setRoom("ai:x").build());
    messages.onCompleted();
    return summary.orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** The first message of a stream. */
  private record First<T>(CompletableFuture<T> message) implements StreamObserver<T> {
    @Override
    public void onNext(T next) {
      message.complete(next);
    }

    @Override
    public void onError(Throwable failure) {
      message.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {}
  }
}
