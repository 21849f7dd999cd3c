package io.tailwater.edge.backend;

import io.grpc.SynchronizationContext;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tailwater.client.ServiceChannel;
import io.tailwater.client.UnaryCalls;
import io.tailwater.contract.backend.v1.Acknowledged;
import io.tailwater.contract.backend.v1.AuthorizeAnswer;
import io.tailwater.contract.backend.v1.AuthorizeRequest;
import io.tailwater.contract.backend.v1.BackendGrpc;
import io.tailwater.contract.backend.v1.BackendGrpc.BackendStub;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Cancel;
import io.tailwater.contract.backend.v1.Done;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.Hello;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.edge.loop.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream to one instance of the backend, opened again whenever it has ended. Its gRPC call is
 * owned by a {@link SynchronizationContext}, a queue that callers run one at a time. Any thread may
 * call its methods.
 *
 * <p>While the instance reads nothing, calls wait here and not in gRPC: those that time out
 * meanwhile are never sent.
 */
final class Link implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);

  /** Messages of the backend that are handled at the same time. */
  private static final int MAX_HANDLED = 64;

  /** News of connections that the instance does not read. Then it gets a new stream. */
  private static final int MAX_NEWS = 100_000;

  /** Before the number of an acknowledgement among the news. */
  private static final String ACKNOWLEDGED = "acknowledged ";

  /** Of acknowledgements among the news. */
  private static final long MAX_NEWS_BYTES = 16 << 20;

  /** Notices when it is connected. Called on the link's synchronization context; must not wait. */
  interface Watch {
    /** Calls and news can be sent. */
    void up(Link link);

    /** The stream has ended. What was sent on it is forgotten by the backend. */
    void down(Link link);
  }

  /** Carries out what the backend asks. */
  interface Carrier {
    /** As {@link Orders#carryOut}. */
    CompletableFuture<Done> carryOut(ToGateway order, Consumer<Acknowledged> heard);
  }

  private final String name;
  private final ServiceChannel channel;
  private final BackendStub stub;
  private final UnaryCalls<BackendStub> questions;
  private final FromGateway hello;
  private final Carrier orders;
  private final Watch watch;
  private final ScheduledExecutorService timer;
  private final SynchronizationContext order =
      new SynchronizationContext((thread, failure) -> LOG.error("a backend's stream", failure));

  /** Calls that were sent and have no answer; bounded by the places of calls. */
  private final Map<Long, Sent> sent = new ConcurrentHashMap<>();

  private volatile boolean up;
  private volatile int held;
  private volatile int untold;

  // Owned by `order`.
  private final Map<Long, Sent> unsent = new LinkedHashMap<>();
  private final Map<String, FromGateway> news = new LinkedHashMap<>();
  private final Backoff backoff = new Backoff();
  private @Nullable ClientCallStreamObserver<FromGateway> call;
  private long newsBytes;
  private long lastAcknowledged;
  private long lastId;
  private boolean closed;

  /**
   * A link that is not open yet.
   *
   * @param name of the instance, for logs
   * @param channel to the instance; closed with the link
   * @param gateway the name of this gateway
   * @param orders carries out what the backend asks; never fails
   * @param watch is told when it is connected and when it is not
   * @param timer for opening it again
   */
  Link(
      String name,
      ServiceChannel channel,
      String gateway,
      Carrier orders,
      Watch watch,
      ScheduledExecutorService timer) {
    this.name = name;
    this.channel = channel;
    this.stub = BackendGrpc.newStub(channel);
    this.questions = new UnaryCalls<>(stub, "the backend cannot be asked right now");
    this.hello = FromGateway.newBuilder().setHello(Hello.newBuilder().setGateway(gateway)).build();
    this.orders = orders;
    this.watch = watch;
    this.timer = timer;
  }

  /** A call that is this link's to send. Any thread. */
  final class Sent {
    private final CallRequest.Builder request;
    private final CompletableFuture<CallAnswer> answer = new CompletableFuture<>();
    private long id;

    private Sent(CallRequest.Builder request) {
      this.request = request;
    }

    /** The backend's answer; fails if the stream ends before. */
    CompletableFuture<CallAnswer> answer() {
      return answer;
    }

    /** Nobody waits for the answer any more. */
    void cancel() {
      order.execute(() -> onCancel(this));
    }
  }

  /** Opens the stream. */
  void open() {
    order.execute(this::connect);
  }

  /** Whether calls can be sent. */
  boolean up() {
    return up;
  }

  /** How many calls it has that are not answered. */
  int load() {
    return sent.size() + held;
  }

  /** Sends a call. If the stream has ended, the answer fails. */
  Sent send(CallRequest.Builder request) {
    Sent one = new Sent(request);
    order.execute(() -> onSend(one));
    return one;
  }

  /** Tells the backend about a connection, unless the stream ends before. Newer news count. */
  void tell(String connection, FromGateway message) {
    order.execute(() -> onTell(connection, message));
  }

  /** How much news of connections it has that was not sent. */
  int untold() {
    return untold;
  }

  /** Asks whether something is allowed; fails if there is no answer within the time. */
  CompletableFuture<AuthorizeAnswer> authorize(AuthorizeRequest request, Duration within) {
    return questions.call(within, (service, answer) -> service.authorize(request, answer));
  }

  private void onSend(Sent one) {
    order.throwIfNotInThisSynchronizationContext();
    ClientCallStreamObserver<FromGateway> open = call;
    if (open == null) {
      one.answer.completeExceptionally(new LostException());
      return;
    }
    one.id = ++lastId;
    if (open.isReady() && unsent.isEmpty()) {
      write(one, open);
    } else {
      unsent.put(one.id, one);
    }
    held = unsent.size();
  }

  private void onTell(String connection, FromGateway message) {
    order.throwIfNotInThisSynchronizationContext();
    ClientCallStreamObserver<FromGateway> open = call;
    if (open == null) {
      return;
    }
    news.put(connection, message);
    newsBytes += message.getAcknowledged().getData().size();
    if (news.size() > MAX_NEWS || newsBytes > MAX_NEWS_BYTES) {
      open.cancel("the backend reads nothing", null);
    } else {
      tellAll(open);
    }
  }

  private void tellAll(ClientCallStreamObserver<FromGateway> open) {
    while (!news.isEmpty() && open.isReady()) {
      FromGateway next = news.remove(news.keySet().iterator().next());
      newsBytes -= next.getAcknowledged().getData().size();
      open.onNext(next);
    }
    untold = news.size();
  }

  private void write(Sent one, ClientCallStreamObserver<FromGateway> open) {
    sent.put(one.id, one);
    open.onNext(FromGateway.newBuilder().setCall(one.request.setId(one.id)).build());
  }

  private void onCancel(Sent one) {
    order.throwIfNotInThisSynchronizationContext();
    if (unsent.remove(one.id) == null && sent.remove(one.id) != null && call != null) {
      call.onNext(FromGateway.newBuilder().setCancel(Cancel.newBuilder().setId(one.id)).build());
    }
    held = unsent.size();
  }

  /** News, too, but none that later ones of its connection replace. */
  private void onAcknowledged(ClientCallStreamObserver<FromGateway> asking, Acknowledged what) {
    order.throwIfNotInThisSynchronizationContext();
    if (call == asking) {
      onTell(
          ACKNOWLEDGED + ++lastAcknowledged,
          FromGateway.newBuilder().setAcknowledged(what).build());
    }
  }

  private void onDone(Done what) {
    order.throwIfNotInThisSynchronizationContext();
    if (call != null) {
      call.onNext(FromGateway.newBuilder().setAnswer(what).build());
    }
  }

  private void onReady() {
    order.throwIfNotInThisSynchronizationContext();
    ClientCallStreamObserver<FromGateway> open = call;
    if (open == null || !open.isReady()) {
      return;
    }
    if (!up) {
      up = true;
      backoff.reset();
      LOG.info("connected to the backend {}", name);
      watch.up(this);
    }
    tellAll(open);
    while (!unsent.isEmpty() && open.isReady()) {
      Sent next = unsent.remove(unsent.keySet().iterator().next());
      write(next, open);
    }
    held = unsent.size();
  }

  private void connect() {
    order.throwIfNotInThisSynchronizationContext();
    if (!closed && call == null) {
      stub.connect(new Messages());
    }
  }

  private void onEnd(ClientCallStreamObserver<FromGateway> ended, String why) {
    order.throwIfNotInThisSynchronizationContext();
    if (call != ended) {
      return;
    }
    if (up) {
      LOG.warn("the stream to the backend {} has ended: {}", name, why);
    } else {
      LOG.debug("the backend {} cannot be reached: {}", name, why);
    }
    if (up) {
      watch.down(this);
    }
    up = false;
    call = null;
    news.clear();
    newsBytes = 0;
    untold = 0;
    List<Sent> lost = new ArrayList<>(sent.values());
    lost.addAll(unsent.values());
    sent.clear();
    unsent.clear();
    held = unsent.size();
    lost.forEach(one -> one.answer.completeExceptionally(new LostException()));
    if (!closed) {
      timer.schedule(this::open, backoff.nextMs(), TimeUnit.MILLISECONDS);
    }
  }

  /** Ends the stream, and every call without an answer. */
  @Override
  public void close() {
    order.execute(
        () -> {
          closed = true;
          if (call != null) {
            call.cancel("the gateway leaves", null);
          }
        });
    channel.close();
  }

  /** The stream has ended before the answer. */
  private static final class LostException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LostException() {
      super("the stream has ended", null, false, false);
    }
  }

  /** Receives the backend's messages, on gRPC's threads. */
  private final class Messages implements ClientResponseObserver<FromGateway, ToGateway> {
    private @Nullable ClientCallStreamObserver<FromGateway> stream;

    @Override
    public void beforeStart(ClientCallStreamObserver<FromGateway> begun) {
      order.throwIfNotInThisSynchronizationContext();
      stream = begun;
      call = begun;
      begun.disableAutoRequestWithInitial(MAX_HANDLED);
      begun.setOnReadyHandler(() -> order.execute(Link.this::onReady));
      order.execute(() -> begun.onNext(hello));
    }

    @Override
    public void onNext(ToGateway message) {
      if (message.hasAnswer()) {
        answered(message.getAnswer());
        stream().request(1);
      } else {
        // The next one is read when this one is done: what a backend asks for does not pile up.
        orders.carryOut(message, this::heard).thenAccept(this::done);
      }
    }

    private void heard(Acknowledged what) {
      ClientCallStreamObserver<FromGateway> asking = stream();
      order.execute(() -> onAcknowledged(asking, what));
    }

    private void done(Done what) {
      if (what.getId() != 0) {
        order.execute(() -> onDone(what));
      }
      stream().request(1);
    }

    /** An answer that nobody waits for comes too late, or was never asked for. */
    private void answered(CallAnswer answer) {
      Sent one = sent.remove(answer.getId());
      if (one != null) {
        one.answer.complete(answer);
      }
    }

    @Override
    public void onError(Throwable failure) {
      end(String.valueOf(failure.getMessage()));
    }

    @Override
    public void onCompleted() {
      end("it ended the stream");
    }

    private void end(String why) {
      ClientCallStreamObserver<FromGateway> ended = stream();
      order.execute(() -> onEnd(ended, why));
    }

    private ClientCallStreamObserver<FromGateway> stream() {
      return Objects.requireNonNull(stream);
    }
  }
}
