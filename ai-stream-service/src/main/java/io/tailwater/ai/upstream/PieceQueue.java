package io.tailwater.ai.upstream;

import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Chunk.Ending;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.Piece;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What has come of an answer and was not taken yet. One thread adds, another takes. When it is
 * full, the one that adds waits, and so the model's server waits too. Any thread.
 */
final class PieceQueue {
  private static final int MAX_CHARS = 1 << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private List<Piece> pieces = new ArrayList<>();
  private int chars;
  private Ending ending = Ending.NONE;
  private @Nullable ModelException failure;

  /** Adds pieces; those that continue the last piece become one with it. */
  void add(List<Piece> more) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (chars > MAX_CHARS) {
        changed.await();
      }
      for (Piece piece : more) {
        Piece last = pieces.isEmpty() ? null : pieces.getLast();
        if (last != null && last.part() == piece.part()) {
          pieces.set(pieces.size() - 1, last.with(piece));
        } else {
          pieces.add(piece);
        }
        chars += piece.text().length() + 1;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more follows. */
  void end(Ending how) {
    lock.lock();
    try {
      ending = how;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more follows, since the model failed. The first failure counts. */
  void fail(ModelException why) {
    lock.lock();
    try {
      if (failure == null && ending == Ending.NONE) {
        failure = why;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes everything.
   *
   * @param wait how long to wait if there is nothing
   * @throws ModelException after everything that came before the failure was taken
   */
  Chunk take(Duration wait) throws InterruptedException, ModelException {
    lock.lockInterruptibly();
    try {
      long left = wait.toNanos();
      while (pieces.isEmpty() && ending == Ending.NONE && failure == null && left > 0) {
        left = changed.awaitNanos(left);
      }
      if (pieces.isEmpty() && failure != null) {
        throw failure;
      }
      Chunk taken = new Chunk(pieces, failure == null ? ending : Ending.NONE);
      pieces = new ArrayList<>();
      chars = 0;
      changed.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }
}
