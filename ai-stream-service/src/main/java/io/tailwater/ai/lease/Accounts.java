package io.tailwater.ai.lease;

import io.tailwater.ai.stream.Price;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.ai.stream.UsageEvents;
import java.util.Map;

/**
 * Accounts for what answers cost: in events, in metrics and against quotas. Any thread; blocks it.
 */
public final class Accounts {
  private static final Usage NONE = Usage.of(0, 0);

  private final Quotas quotas;
  private final UsageEvents events;
  private final Map<String, Price> prices;
  private final StreamMetrics metrics;

  /**
   * @param prices of models, by their names; others have none
   */
  public Accounts(
      Quotas quotas, UsageEvents events, Map<String, Price> prices, StreamMetrics metrics) {
    this.quotas = quotas;
    this.events = events;
    this.prices = Map.copyOf(prices);
    this.metrics = metrics;
  }

  /**
   * Who pays for a stream.
   *
   * @param creator its subject; empty if it is not known
   * @param user that the quotas know; empty if it is not known
   */
  public record Payer(String creator, String user) {
    /** Of a request. Clients without a token have no subject, but an address. */
    public static Payer of(StreamRequest request) {
      return new Payer(
          request.creator(),
          request.anonymous() ? "address " + request.address() : "subject " + request.creator());
    }

    /** Of a stream that another instance has begun. */
    public static Payer of(String creator) {
      return new Payer(creator, creator.isEmpty() ? "" : "subject " + creator);
    }
  }

  /**
   * Refuses who has used up a quota, and a model whose quota is used up.
   *
   * @throws io.tailwater.contract.RequestException {@code rate_limited}, {@code quota_exceeded}
   */
  public void require(Payer payer, String model) {
    quotas.require(payer.user(), model);
  }

  /** A stream is about to be closed by this event. */
  public void closing(
      StreamWriter writer, StreamId id, Payer payer, String model, StreamEvent closing)
      throws InterruptedException {
    events.publish(writer, id, payer.creator(), model, closing, usage(closing), prices.get(model));
  }

  /** A stream was closed by this event. */
  public void closed(Payer payer, String model, StreamEvent closing) {
    Usage usage = usage(closing);
    metrics.usage(model, usage);
    metrics.usageOf(payer.creator(), usage);
    Price price = prices.get(model);
    if (price != null) {
      metrics.cost(model, payer.creator(), price.of(usage).doubleValue(), price.currency());
    }
    quotas.use(payer.user(), model, usage.totalTokens());
  }

  private static Usage usage(StreamEvent closing) {
    Usage usage =
        switch (closing) {
          case Finish finish -> finish.usage();
          case Failed failed -> failed.usage();
          case StreamEvent.Queued _, StreamEvent.Start _, StreamEvent.Delta _ ->
              throw new IllegalArgumentException("this event closes nothing");
        };
    return usage == null ? NONE : usage;
  }
}
