package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class WireFormatTest {
  private final List<Counted> made = new ArrayList<>();

  @Test
  void eachFormatEncodesARunOnceAndTheRunReleasesAll() {
    List<Format> formats = List.of(new Format(), new Format(), new Format());
    Run run = run();
    for (Format format : formats) {
      assertThat(format.of(run)).isSameAs(format.of(run));
    }
    assertThat(made).hasSize(3).allMatch(one -> one.released == 0);
    run.release();
    assertThat(made).allMatch(one -> one.released == 1);
  }

  @Test
  void aFormatThatIsYoungerThanTheRunEncodesItToo() {
    Run run = run();
    List<Format> formats = List.of(new Format(), new Format());
    for (Format format : formats) {
      assertThat(format.of(run)).isSameAs(format.of(run));
    }
    assertThat(made).hasSize(2);
    run.release();
    assertThat(made).allMatch(one -> one.released == 1);
  }

  @Test
  void loopsThatEncodeAtTheSameTimeShareOneEncoding() throws Exception {
    try (ExecutorService loops = Executors.newFixedThreadPool(4)) {
      Run run = run();
      Format late = new Format();
      List<Future<Counted>> answers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        answers.add(loops.submit(() -> late.of(run)));
      }
      Counted kept = answers.getFirst().get();
      for (Future<Counted> answer : answers) {
        assertThat(answer.get()).isSameAs(kept);
      }
      assertThat(kept.released).isZero();
      run.release();
      assertThat(made).allMatch(one -> one.released == 1);
    }
  }

  private static Run run() {
    return Runs.of(
        Channel.parse("chat:a"), new Epoch("e"), List.of(Event.newBuilder().setOffset(1).build()));
  }

  private static final class Counted implements EncodedRun {
    private volatile int released;

    @Override
    public void release() {
      released += 1;
    }
  }

  private final class Format implements WireFormat<Counted> {
    private final FormatSlot slot = FormatSlot.take();

    @Override
    public FormatSlot slot() {
      return slot;
    }

    @Override
    public Counted encode(Run run) {
      Counted encoding = new Counted();
      synchronized (made) {
        made.add(encoding);
      }
      return encoding;
    }
  }
}
