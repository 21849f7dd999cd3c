package io.tailwater.edge.log;

import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.ReadPosition;
import io.tailwater.contract.v1.ReadPositionsRequest;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How far subjects have read their channels, as the log has it. Any thread. */
public final class ReadPositions {
  private final ChannelLog log;

  public ReadPositions(ChannelLog log) {
    this.log = log;
  }

  /** Where a subscription begins that asks for what its subject has not read. */
  public CompletableFuture<Start> start(String subject, Channel channel) {
    return of(subject, channel)
        .thenApply(
            found -> {
              Position read = read(found);
              return read == null ? new Start.Latest() : new Start.After(read);
            });
  }

  /** How far a subject has read one channel. */
  public CompletableFuture<ReadPosition> of(String subject, Channel channel) {
    return read(request(subject, List.of(channel)).build()).thenApply(List::getFirst);
  }

  /**
   * The same for several channels, with the number of unread events.
   *
   * @param channels 1 to 200
   * @param types only events of these types are counted; empty for all
   * @return in the order of the channels
   */
  public CompletableFuture<List<ReadPosition>> counted(
      String subject, Collection<Channel> channels, Set<String> types) {
    return read(request(subject, channels).setCount(true).addAllTypes(types).build());
  }

  /** The position through which a subject has read; null if there is none. */
  public static @Nullable Position read(ReadPosition found) {
    return found.hasRead()
        ? new Position(new Epoch(found.getRead().getEpoch()), found.getRead().getOffset())
        : null;
  }

  private CompletableFuture<List<ReadPosition>> read(ReadPositionsRequest request) {
    return log.readPositions(request).thenApply(page -> page.getPositionsList());
  }

  private static ReadPositionsRequest.Builder request(
      String subject, Collection<Channel> channels) {
    return ReadPositionsRequest.newBuilder()
        .setSubject(subject)
        .addAllChannels(channels.stream().map(Channel::toString).toList());
  }
}
