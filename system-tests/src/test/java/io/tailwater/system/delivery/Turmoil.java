package io.tailwater.system.delivery;

import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Reader;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Cuts readers at random times, hard and in order, and lets some stop reading until their turn
 * comes again, so that what the server has for them piles up.
 */
final class Turmoil implements AutoCloseable {
  private static final int PAUSE_ONE_IN = 10;

  private final List<Reader> readers;
  private final int mostMs;
  private final RandomGenerator random;
  // Confined to the thread.
  private final Set<Reader> paused = new HashSet<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Begins.
   *
   * @param mostMs longest time between two cuts, whichever readers they hit
   */
  Turmoil(List<Reader> readers, int mostMs, long seed) {
    this.readers = readers;
    this.mostMs = mostMs;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    this.thread = Thread.ofVirtual().name("turmoil").start(this::run);
  }

  private void run() {
    try {
      while (!stop.await(random.nextInt(mostMs), TimeUnit.MILLISECONDS)) {
        Reader reader = readers.get(random.nextInt(readers.size()));
        if (paused.remove(reader)) {
          reader.resume();
        } else if (random.nextInt(PAUSE_ONE_IN) == 0) {
          reader.pause();
          paused.add(reader);
        } else {
          reader.cut(random.nextBoolean() ? Cut.RESET : Cut.CLOSE);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      paused.forEach(Reader::resume);
    }
  }

  /** Ends; no reader is left paused. */
  @Override
  public void close() throws InterruptedException {
    stop.countDown();
    thread.join();
  }
}
