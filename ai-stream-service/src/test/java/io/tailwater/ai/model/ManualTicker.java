package io.tailwater.ai.model;

import io.tailwater.service.Ticker;

/** Time that passes only by sleeping in it or by telling it to. Used by one thread. */
final class ManualTicker implements Ticker {
  private long nanos = -5_000_000_000L;

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void sleep(long nanos) {
    this.nanos += Math.max(0, nanos);
  }
}
