package io.tailwater.core;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micronaut.context.annotation.Value;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.publish.PublishStream;
import io.tailwater.core.store.StoreException;
import io.tailwater.core.topic.Namespace;
import jakarta.inject.Singleton;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Safe for any thread: the gRPC service. No call blocks a thread. */
@Singleton
final class EventCoreEndpoint extends EventCoreGrpc.EventCoreImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(EventCoreEndpoint.class);

  private final Core core;
  private final String instance;

  EventCoreEndpoint(Core core, @Value("${tailwater.instance}") String instance) {
    this.core = core;
    this.instance = instance;
  }

  @Override
  public StreamObserver<PublishRequest> publish(StreamObserver<PublishVerdict> verdicts) {
    ServerCallStreamObserver<PublishVerdict> answers =
        (ServerCallStreamObserver<PublishVerdict>) verdicts;
    return new PublishStream(core.publisher(), answers, core.configuration().publishWindow());
  }

  @Override
  public void read(ReadRequest request, StreamObserver<ReadPage> answers) {
    Answer<ReadPage> answer = new Answer<>(answers);
    answer.guard(() -> core.reads().read(request, answer, answer::fail));
  }

  @Override
  public void follow(FollowRequest request, StreamObserver<FollowPage> answers) {
    Answer<FollowPage> answer = new Answer<>(answers);
    answer.guard(() -> core.follows().follow(request, answer, answer::fail));
  }

  @Override
  public void heads(HeadsRequest request, StreamObserver<HeadsPage> answers) {
    Answer<HeadsPage> answer = new Answer<>(answers);
    answer.guard(
        () -> {
          core.readiness().require();
          answer.accept(heads());
        });
  }

  @Override
  public void namespaces(NamespacesRequest request, StreamObserver<NamespacesPage> answers) {
    Answer<NamespacesPage> answer = new Answer<>(answers);
    answer.guard(
        () -> {
          core.readiness().require();
          NamespacesPage.Builder page = NamespacesPage.newBuilder();
          for (Folds.Of each : core.folds().namespaces()) {
            page.addNamespaces(each.namespace().toMessage(each.epoch()));
          }
          for (Namespace each : core.ephemeral()) {
            page.addNamespaces(each.toMessage(Epoch.EPHEMERAL.text()));
          }
          answer.accept(page.build());
        });
  }

  /** The heads of all partitions, except those that are being rebuilt. */
  private HeadsPage heads() {
    HeadsPage.Builder page = HeadsPage.newBuilder().setInstance(instance);
    for (PartitionFold fold : core.folds().all()) {
      Head head = fold.head();
      if (head.caughtUp()) {
        page.addHeadsBuilder()
            .setNamespace(fold.namespace().name())
            .setPartition(fold.partition().partition())
            .setEpoch(head.epoch())
            .setThrough(head.through())
            .setEarliest(head.earliest());
      }
    }
    return page.build();
  }

  /** Safe for any thread: the one answer of a unary call. */
  private static final class Answer<T> implements Consumer<T> {
    private final StreamObserver<T> observer;

    Answer(StreamObserver<T> observer) {
      this.observer = observer;
      // Without a handler, an answer to a caller that is gone would throw.
      ((ServerCallStreamObserver<T>) observer).setOnCancelHandler(() -> {});
    }

    void guard(Runnable call) {
      try {
        call.run();
      } catch (RequestException e) {
        fail(e);
      } catch (StoreException e) {
        fail(Readiness.unavailable("this instance cannot read its store"));
      } catch (RuntimeException e) {
        LOG.error("a call failed unexpectedly", e);
        observer.onError(Status.INTERNAL.withDescription("internal error").asRuntimeException());
      }
    }

    @Override
    public void accept(T message) {
      observer.onNext(message);
      observer.onCompleted();
    }

    void fail(RequestException failure) {
      observer.onError(RefusedCall.of(failure));
    }
  }
}
