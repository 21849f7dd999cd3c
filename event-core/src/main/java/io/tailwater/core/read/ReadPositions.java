package io.tailwater.core.read;

import io.tailwater.contract.Acks;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ReadPosition;
import io.tailwater.contract.v1.ReadPositionsPage;
import io.tailwater.contract.v1.ReadPositionsRequest;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.Store;
import io.tailwater.core.store.Unread;
import java.util.Set;

/** Safe for any thread: answers how far a subject has read its channels. */
public final class ReadPositions {
  private static final int MAX_TYPES = 32;

  private final Folds folds;
  private final Store store;
  private final Readiness readiness;

  /** Answers from these folds. */
  public ReadPositions(Folds folds, Store store, Readiness readiness) {
    this.folds = folds;
    this.store = store;
    this.readiness = readiness;
  }

  /**
   * Reads the positions of one subject.
   *
   * @throws RequestException if a channel cannot be read, or the instance is not ready
   */
  public ReadPositionsPage read(ReadPositionsRequest request) {
    readiness.require();
    int channels = request.getChannelsCount();
    if (channels < 1 || channels > Acks.MAX_CHANNELS || request.getTypesCount() > MAX_TYPES) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "read positions are asked for 1 to 200 channels and at most 32 types");
    }
    PartitionFold acks = home(Acks.channel(request.getSubject()));
    ReadPositionsPage.Builder page = ReadPositionsPage.newBuilder();
    try (Unread unread =
        new Unread(store, request.getSubject(), Set.copyOf(request.getTypesList()))) {
      for (String name : request.getChannelsList()) {
        page.addPositions(position(Channel.parse(name), request.getCount(), acks, unread));
      }
    }
    return page.build();
  }

  private ReadPosition position(Channel channel, boolean count, PartitionFold acks, Unread unread) {
    PartitionFold fold = home(channel);
    Head head = fold.head();
    ReadPosition.Builder answer =
        ReadPosition.newBuilder().setEpoch(head.epoch()).setHead(head.through());
    Position read = unread.read(acks.keys(), channel.toString());
    if (read == null) {
      return answer.build();
    }
    answer.setRead(
        io.tailwater.contract.v1.Position.newBuilder()
            .setEpoch(read.epoch().text())
            .setOffset(read.offset()));
    if (count) {
      Unread.Count counted = unread.after(read, fold.keys(), channel.keyBytes());
      answer.setUnread(counted.events()).setMore(counted.more());
    }
    return answer.build();
  }

  private PartitionFold home(Channel channel) {
    Folds.Of namespace = folds.namespace(channel.namespace());
    PartitionFold fold = namespace.folds().get(namespace.namespace().home(channel.keyBytes()));
    if (!fold.head().caughtUp()) {
      throw Readiness.unavailable(Readiness.REBUILDING);
    }
    return fold;
  }
}
