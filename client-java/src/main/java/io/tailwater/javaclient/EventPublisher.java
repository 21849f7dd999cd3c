package io.tailwater.javaclient;

import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Supplier;

/**
 * The events of a channel as a reactive stream. Each subscriber has a cursor of its own; while it
 * requests nothing, the log is the buffer. Safe for any thread.
 */
final class EventPublisher implements Flow.Publisher<Event> {
  private final Core core;
  private final Supplier<Reader> readers;

  EventPublisher(Core core, Supplier<Reader> readers) {
    this.core = core;
    this.readers = readers;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super Event> subscriber) {
    new Demand(core, readers.get(), subscriber).begin();
  }

  /** One subscriber. Its state is confined to the loop; signals come on the executor, in turn. */
  private static final class Demand implements Flow.Subscription {
    private static final int BATCH = 100;

    private final Core core;
    private final Reader reader;
    private final Flow.Subscriber<? super Event> subscriber;
    private long demand;
    private boolean busy = true;
    private boolean refused;
    private volatile boolean over;

    Demand(Core core, Reader reader, Flow.Subscriber<? super Event> subscriber) {
      this.core = core;
      this.reader = reader;
      this.subscriber = subscriber;
    }

    void begin() {
      core.run(
          () -> {
            subscriber.onSubscribe(this);
            boolean taken =
                core.loop()
                    .tryExecute(
                        () -> {
                          reader.open(this::take);
                          idle(0);
                        });
            if (!taken) {
              fail(TailwaterException.closed());
            }
          });
    }

    @Override
    public void request(long more) {
      core.loop()
          .execute(
              () -> {
                if (more <= 0) {
                  refused = true;
                } else {
                  demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
                }
                if (!busy) {
                  idle(0);
                }
              });
    }

    @Override
    public void cancel() {
      over = true;
      core.loop().execute(reader::unsubscribe);
    }

    private void take(List<Reader.Item> items) {
      busy = true;
      core.run(
          () -> {
            try {
              tell(items);
            } catch (RuntimeException | Error e) {
              // Not allowed to a subscriber; it is treated as one that has cancelled.
              cancel();
              throw e;
            }
          });
    }

    private void tell(List<Reader.Item> items) {
      int events = 0;
      for (Reader.Item item : items) {
        if (over) {
          return;
        }
        events += item.event() == null ? 0 : 1;
        tell(item);
      }
      int handled = events;
      core.loop().execute(() -> idle(handled));
    }

    private void idle(int handled) {
      demand -= handled;
      busy = false;
      if (over) {
        return;
      }
      if (refused) {
        busy = true;
        core.run(this::refuse);
      } else {
        reader.ask((int) Math.min(demand, BATCH));
      }
    }

    private void refuse() {
      fail(new IllegalArgumentException("a request is for 1 event or more"));
      cancel();
    }

    private void tell(Reader.Item item) {
      Event event = item.event();
      Reader.Notice notice = item.notice();
      if (event != null) {
        subscriber.onNext(event);
      }
      reader.done(item);
      if (notice != null) {
        notice.tell(reader.options().notices());
      }
      TailwaterException failure = item.failure();
      if (failure != null) {
        fail(failure);
      } else if (item.last() && !over) {
        over = true;
        subscriber.onComplete();
      }
    }

    private void fail(Throwable failure) {
      if (!over) {
        over = true;
        subscriber.onError(failure);
      }
    }
  }
}
