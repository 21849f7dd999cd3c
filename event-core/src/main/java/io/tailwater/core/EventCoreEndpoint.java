package io.tailwater.core;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micronaut.context.annotation.Value;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.Release;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.InstanceReport;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishVerdicts;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadPositionsPage;
import io.tailwater.contract.v1.ReadPositionsRequest;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.ReportRequest;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import io.tailwater.contract.v1.TopicsPage;
import io.tailwater.contract.v1.TopicsRequest;
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
  public StreamObserver<PublishBatch> publish(StreamObserver<PublishVerdicts> verdicts) {
    ServerCallStreamObserver<PublishVerdicts> answers =
        (ServerCallStreamObserver<PublishVerdicts>) verdicts;
    return new PublishStream(core.publisher(), answers, core.configuration().publishWindow());
  }

  @Override
  public void read(ReadRequest request, StreamObserver<ReadPage> answers) {
    Answer<ReadPage> answer = new Answer<>(answers);
    answer.guard(() -> core.reads().read(request, answer, answer::fail));
  }

  @Override
  public void state(StateRequest request, StreamObserver<StatePage> answers) {
    Answer<StatePage> answer = new Answer<>(answers);
    answer.guard(() -> core.states().read(request, answer, answer::fail));
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
          NamespacesPage.Builder page =
              NamespacesPage.newBuilder().setPlatform(core.platform().name());
          for (Folds.Of each : core.folds().namespaces()) {
            page.addNamespaces(each.namespace().toMessage(each.epoch()));
          }
          for (Namespace each : core.ephemeral()) {
            page.addNamespaces(each.toMessage(Epoch.EPHEMERAL.text()));
          }
          answer.accept(page.build());
        });
  }

  @Override
  public void readPositions(
      ReadPositionsRequest request, StreamObserver<ReadPositionsPage> answers) {
    Answer<ReadPositionsPage> answer = new Answer<>(answers);
    answer.guard(() -> answer.accept(core.readPositions().read(request)));
  }

  @Override
  public void topics(TopicsRequest request, StreamObserver<TopicsPage> answers) {
    Answer<TopicsPage> answer = new Answer<>(answers);
    answer.guard(
        () ->
            TopicReports.of(core.topics(), core.folds().namespaces(), core.ephemeral())
                .thenAccept(answer));
  }

  @Override
  public void report(ReportRequest request, StreamObserver<InstanceReport> answers) {
    Answer<InstanceReport> answer = new Answer<>(answers);
    answer.guard(() -> answer.accept(report()));
  }

  private InstanceReport report() {
    Readiness readiness = core.readiness();
    return InstanceReport.newBuilder()
        .setInstance(instance)
        .setVersion(Release.VERSION)
        .setReady(readiness.isReady())
        .setReason(readiness.isReady() ? "" : readiness.reason())
        .setKafkaAnswers(readiness.kafkaAnswers())
        .setLagMs(readiness.lag().toMillis())
        .setPartitions(core.folds().all().size())
        .setBroadcasts(core.broadcasts())
        .build();
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
