package io.tailwater.edge.acks;

import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadPosition;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import java.util.concurrent.CompletableFuture;

/** Moves the read positions of subjects, each of them only forward. Any thread. */
public final class ReadMarks {
  private final Namespaces namespaces;
  private final ChannelLog log;
  private final ReadPositions readPositions;
  private final AckWriter writer;

  ReadMarks(Namespaces namespaces, ChannelLog log, ReadPositions readPositions, AckWriter writer) {
    this.namespaces = namespaces;
    this.log = log;
    this.readPositions = readPositions;
    this.writer = writer;
  }

  /**
   * Moves a subject's read position. A position beyond the end is cut to it.
   *
   * @param position as it was handed out
   * @return how far the subject has read, when that is in the log; fails with a {@link
   *     RequestException}
   * @throws RequestException which says what is wrong with it, and what is accepted
   */
  public CompletableFuture<Position> move(Identity identity, Channel channel, String position) {
    Namespace namespace = requireReadable(identity, channel);
    Position wanted = position(position, channel, namespace);
    String subject = identity.subject();
    return readPositions
        .of(subject, channel)
        .thenCompose(
            known ->
                available(wanted, channel, known)
                    .thenCompose(through -> move(subject, channel, known, through)));
  }

  private CompletableFuture<Position> move(
      String subject, Channel channel, ReadPosition known, Position through) {
    Position read = ReadPositions.read(known);
    boolean covered =
        read != null && read.epoch().equals(through.epoch()) && read.offset() >= through.offset();
    return covered
        ? CompletableFuture.completedFuture(read)
        : writer.write(subject, channel, through);
  }

  /**
   * @throws RequestException if this caller has no read position of this channel
   */
  Namespace requireReadable(Identity identity, Channel channel) {
    identity.requireReadPositions();
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requireSubscribe(channel, namespace);
    if (namespace.getEphemeral()) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          namespace.getName() + " is ephemeral: its channels have no read positions");
    }
    return namespace;
  }

  private static Position position(String text, Channel channel, Namespace namespace) {
    Start start = StartText.after(text.trim(), channel);
    if (start instanceof Start.AfterPartitions(PartitionPositions all)
        && all.partitions() == namespace.getPartitions()) {
      int home =
          HomePartition.of(
              namespace.getPartitioner(), channel.keyBytes(), namespace.getPartitions());
      return all.get(home);
    }
    if (start instanceof Start.After(Position position)) {
      return position;
    }
    throw invalid("this position has nothing about " + channel);
  }

  /** The position, or the end of the log if it is beyond that. */
  private CompletableFuture<Position> available(
      Position wanted, Channel channel, ReadPosition known) {
    if (known.getEpoch().equals(wanted.epoch().text()) && wanted.offset() <= known.getHead()) {
      return CompletableFuture.completedFuture(wanted);
    }
    // The event-core may be behind. It asks Kafka before it calls a position foreign.
    ReadRequest request =
        ReadRequest.newBuilder()
            .setChannel(channel.toString())
            .setAfter(
                io.tailwater.contract.v1.Position.newBuilder()
                    .setEpoch(wanted.epoch().text())
                    .setOffset(wanted.offset()))
            .setAtLeast(Position.BEFORE_FIRST)
            .build();
    return log.read(request).thenApply(page -> within(wanted, page));
  }

  private static Position within(Position wanted, ReadPage page) {
    if (page.getReset() != ReadPage.Reset.FOREIGN) {
      return wanted;
    }
    if (!page.getEpoch().equals(wanted.epoch().text())) {
      throw invalid(
          "this position is of another incarnation of the topic: hand in one that was given since");
    }
    return new Position(new Epoch(page.getEpoch()), page.getHead());
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_POSITION, message);
  }
}
