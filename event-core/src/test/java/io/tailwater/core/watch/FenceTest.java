package io.tailwater.core.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class FenceTest {
  private final List<CompletableFuture<String>> questions = new ArrayList<>();
  private final Fence<String> fence =
      new Fence<>(
          () -> {
            CompletableFuture<String> question = new CompletableFuture<>();
            questions.add(question);
            return question;
          });

  @Test
  void whoeverComesWhileAQuestionIsUnderWaySharesTheNext() {
    CompletableFuture<String> first = fence.ask();
    CompletableFuture<String> second = fence.ask();
    CompletableFuture<String> third = fence.ask();
    assertThat(questions).hasSize(1);
    questions.getFirst().complete("old");
    assertThat(first).isCompletedWithValue("old");
    assertThat(second).isNotDone();
    assertThat(questions).hasSize(2);
    questions.getLast().complete("new");
    assertThat(second).isCompletedWithValue("new");
    assertThat(third).isCompletedWithValue("new");
    assertThat(questions).hasSize(2);
  }

  @Test
  void aFailureFailsThoseWhoSharedItAndTheNextAsksAgain() {
    CompletableFuture<String> first = fence.ask();
    questions.getFirst().completeExceptionally(new IllegalStateException("gone"));
    assertThat(first).isCompletedExceptionally();
    CompletableFuture<String> second = fence.ask();
    questions.getLast().complete("back");
    assertThat(second).isCompletedWithValue("back");
  }
}
