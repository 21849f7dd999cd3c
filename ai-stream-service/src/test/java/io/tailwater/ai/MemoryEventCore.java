package io.tailwater.ai;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.Platform;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreImplBase;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.PublishVerdicts;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * An event-core with one partition in memory, behind real gRPC, that judges as the real one does:
 * idempotency keys by channel and publisher, repeats before closing, and after an unavailable
 * verdict none but unavailable ones on that stream. Its faults can be switched.
 */
final class MemoryEventCore implements AutoCloseable {
  static final Platform PLATFORM = new Platform("memory");
  private static final String EPOCH = "memory";

  private final Platform platform;
  private final Server server;
  private final List<Event> log = new ArrayList<>();
  private final Map<String, Long> keys = new HashMap<>();
  private final Set<String> closed = new HashSet<>();
  private Faults faults = Faults.NONE;
  private Random random = new Random(1);

  MemoryEventCore() {
    this(PLATFORM);
  }

  /** Of a platform of this name. */
  MemoryEventCore(Platform platform) {
    this.platform = platform;
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(new Endpoint())
              .directExecutor()
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  /** From now on calls fail as told. */
  synchronized void fail(Faults faults, long seed) {
    this.faults = faults;
    this.random = new Random(seed);
  }

  /** The events of a channel, oldest first. */
  synchronized List<Event> events(String channel) {
    return log.stream().filter(event -> channel.endsWith(":" + event.getChannelKey())).toList();
  }

  /** All channels that have events. */
  synchronized List<String> channels() {
    return log.stream().map(event -> "ai:" + event.getChannelKey()).distinct().toList();
  }

  /** Stores an event as if another producer had published it. */
  synchronized PublishVerdict publish(PublishRequest request) {
    return judge(request);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private PublishVerdict judge(PublishRequest request) {
    String channel = request.getChannel();
    String key = channel + "\0" + request.getBy() + "\0" + request.getKey();
    Long earlier = request.getKey().isEmpty() ? null : keys.get(key);
    PublishVerdict.Builder verdict =
        PublishVerdict.newBuilder().setSeq(request.getSeq()).setEpoch(EPOCH);
    if (earlier != null) {
      return verdict.setOutcome(Outcome.DUPLICATE).setOffset(earlier).build();
    }
    if (closed.contains(channel)) {
      return verdict.setOutcome(Outcome.CLOSED).build();
    }
    long offset = log.size();
    log.add(
        Event.newBuilder()
            .setChannelKey(channel.substring(channel.indexOf(':') + 1))
            .setOffset(offset)
            .setType(request.getType())
            .setBy(request.getBy())
            .setKey(request.getKey())
            .setTsMs(1_000_000 + offset)
            .setData(request.getData())
            .setCloses(request.getClose())
            .build());
    keys.put(key, offset);
    if (request.getClose()) {
      closed.add(channel);
    }
    return verdict.setOutcome(Outcome.STORED).setOffset(offset).build();
  }

  private boolean happens(double probability) {
    return random.nextDouble() < probability;
  }

  private ReadPage page(ReadRequest request) {
    List<Event> all = events(request.getChannel());
    List<Event> events =
        all.stream()
            .filter(
                event ->
                    request.getTypesCount() == 0
                        || request.getTypesList().contains(event.getType()))
            .toList();
    List<Event> asked =
        switch (request.getStartCase()) {
          case EARLIEST -> events;
          case LAST ->
              events.subList(Math.max(0, events.size() - request.getLast()), events.size());
          case AFTER ->
              events.stream()
                  .filter(event -> event.getOffset() > request.getAfter().getOffset())
                  .toList();
          case LATEST -> List.of();
          case TIME_MS, BEFORE, START_NOT_SET -> throw new AssertionError("not asked for here");
        };
    return ReadPage.newBuilder()
        .setEpoch(EPOCH)
        .addAllEvents(asked.subList(0, Math.min(asked.size(), request.getLimit())))
        .setThrough(log.size() - 1L)
        .setHead(log.size() - 1L)
        .setEarliest(-1)
        .setKnown(!all.isEmpty())
        .setClosed(closed.contains(request.getChannel()))
        .build();
  }

  /**
   * What goes wrong, each with its probability.
   *
   * @param refused a publication is not stored, and the verdict is unavailable
   * @param lost it is stored, and the verdict is unavailable
   * @param silent it is stored, and there is no verdict
   * @param broken it may be stored, and the stream breaks
   * @param unreadable a read fails
   */
  record Faults(double refused, double lost, double silent, double broken, double unreadable) {
    static final Faults NONE = new Faults(0, 0, 0, 0, 0);

    /** Nothing answers. */
    static final Faults DOWN = new Faults(1, 0, 0, 0, 1);
  }

  private final class Endpoint extends EventCoreImplBase {
    @Override
    public StreamObserver<PublishBatch> publish(StreamObserver<PublishVerdicts> verdicts) {
      return new Publications(verdicts);
    }

    @Override
    public void read(ReadRequest request, StreamObserver<ReadPage> answer) {
      synchronized (MemoryEventCore.this) {
        if (happens(faults.unreadable())) {
          answer.onError(Status.UNAVAILABLE.asRuntimeException());
          return;
        }
        answer.onNext(page(request));
        answer.onCompleted();
      }
    }

    @Override
    public void namespaces(NamespacesRequest request, StreamObserver<NamespacesPage> answer) {
      answer.onNext(NamespacesPage.newBuilder().setPlatform(platform.name()).build());
      answer.onCompleted();
    }

    @Override
    public void heads(HeadsRequest request, StreamObserver<HeadsPage> answer) {
      synchronized (MemoryEventCore.this) {
        if (happens(faults.unreadable())) {
          answer.onError(Status.UNAVAILABLE.asRuntimeException());
          return;
        }
        answer.onNext(HeadsPage.getDefaultInstance());
        answer.onCompleted();
      }
    }
  }

  private final class Publications implements StreamObserver<PublishBatch> {
    private final StreamObserver<PublishVerdicts> verdicts;
    private final Set<String> failed = new HashSet<>();
    private boolean over;

    Publications(StreamObserver<PublishVerdicts> verdicts) {
      this.verdicts = verdicts;
    }

    @Override
    public void onNext(PublishBatch batch) {
      synchronized (MemoryEventCore.this) {
        batch.getRequestsList().forEach(this::take);
      }
    }

    private void take(PublishRequest request) {
      synchronized (MemoryEventCore.this) {
        if (over) {
          return;
        }
        if (failed.contains(request.getChannel()) || happens(faults.refused())) {
          failed.add(request.getChannel());
          answer(unavailable(request));
        } else if (happens(faults.lost())) {
          judge(request);
          failed.add(request.getChannel());
          answer(unavailable(request));
        } else if (happens(faults.silent())) {
          judge(request);
        } else if (happens(faults.broken())) {
          if (random.nextBoolean()) {
            judge(request);
          }
          over = true;
          verdicts.onError(Status.UNAVAILABLE.asRuntimeException());
        } else {
          answer(judge(request));
        }
      }
    }

    private void answer(PublishVerdict verdict) {
      verdicts.onNext(PublishVerdicts.newBuilder().addVerdicts(verdict).build());
    }

    private PublishVerdict unavailable(PublishRequest request) {
      return PublishVerdict.newBuilder()
          .setSeq(request.getSeq())
          .setOutcome(Outcome.UNAVAILABLE)
          .setMessage("a fault that was switched on")
          .build();
    }

    @Override
    public void onError(Throwable cause) {
      over = true;
    }

    @Override
    public void onCompleted() {
      if (!over) {
        over = true;
        verdicts.onCompleted();
      }
    }
  }
}
