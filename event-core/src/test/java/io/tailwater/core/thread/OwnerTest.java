package io.tailwater.core.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class OwnerTest {
  @Test
  void theThreadThatTookItLastIsTheOwnerAndNoOther() {
    Owner owner = new Owner();
    assertThat(owner.isCurrent()).isTrue();
    boolean taken =
        CompletableFuture.supplyAsync(
                () -> {
                  boolean before = owner.isCurrent();
                  owner.take();
                  return !before && owner.isCurrent();
                })
            .join();
    assertThat(taken).isTrue();
    assertThat(owner.isCurrent()).isFalse();
  }
}
