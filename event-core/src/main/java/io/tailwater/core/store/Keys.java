package io.tailwater.core.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Immutable: the store's keys of one partition. Each begins with (kind, namespace, partition), and
 * every part of variable length is preceded by its length, so that no key is the prefix of another
 * by accident. Numbers are big-endian: keys sort by offset.
 *
 * <ul>
 *   <li>{@code event}: (channel, offset) to the stored {@code Event}
 *   <li>{@code order}: offset to the channel of its event, for pruning
 *   <li>{@code idempotency}: (channel, publisher, key) to the offset and timestamp of the record
 *   <li>{@code closed}: channel to the offset of its closing record
 *   <li>{@code entry}: (channel, entry) to the entry of the channel's state
 *   <li>{@code totals}: channel to the size of its state
 *   <li>{@code reference}: (offset, offset of an event that is about this one) to their channel
 *   <li>{@code rules}: the namespace's rules by which the partition was folded
 *   <li>{@code progress}: how far the partition was folded
 * </ul>
 */
public final class Keys {
  private final byte[] event;
  private final byte[] order;
  private final byte[] idempotency;
  private final byte[] closed;
  private final byte[] entry;
  private final byte[] totals;
  private final byte[] reference;
  private final byte[] rules;
  private final byte[] progress;

  /** The keys of a partition. */
  public Keys(String namespace, int partition) {
    event = prefix('e', namespace, partition);
    order = prefix('o', namespace, partition);
    idempotency = prefix('i', namespace, partition);
    closed = prefix('c', namespace, partition);
    entry = prefix('s', namespace, partition);
    totals = prefix('t', namespace, partition);
    reference = prefix('f', namespace, partition);
    rules = prefix('r', namespace, partition);
    progress = prefix('p', namespace, partition);
  }

  /** Prefix of all events of a channel. */
  byte[] events(byte[] channel) {
    return room(event, 1 + channel.length).put((byte) channel.length).put(channel).array();
  }

  /** Key of the event at an offset. */
  public byte[] event(byte[] channel, long offset) {
    return room(event, 1 + channel.length + Long.BYTES)
        .put((byte) channel.length)
        .put(channel)
        .putLong(offset)
        .array();
  }

  byte[] order(long offset) {
    return room(order, Long.BYTES).putLong(offset).array();
  }

  /** Key of the record that an idempotency key stands for. */
  public byte[] idempotency(byte[] channel, byte[] publisher, byte[] key) {
    return room(idempotency, 1 + channel.length + Integer.BYTES + publisher.length + key.length)
        .put((byte) channel.length)
        .put(channel)
        .putInt(publisher.length)
        .put(publisher)
        .put(key)
        .array();
  }

  /** Key of the offset of a channel's closing record. */
  public byte[] closed(byte[] channel) {
    return room(closed, 1 + channel.length).put((byte) channel.length).put(channel).array();
  }

  /** Prefix of all entries of a channel; what follows is an entry's name. */
  byte[] entries(byte[] channel) {
    return room(entry, 1 + channel.length).put((byte) channel.length).put(channel).array();
  }

  /** Key of an entry of a channel's state. */
  public byte[] entry(byte[] channel, byte[] name) {
    return room(entry, 1 + channel.length + name.length)
        .put((byte) channel.length)
        .put(channel)
        .put(name)
        .array();
  }

  /** Key of the size of a channel's state. */
  public byte[] totals(byte[] channel) {
    return room(totals, 1 + channel.length).put((byte) channel.length).put(channel).array();
  }

  /** Prefix of the references to the event at an offset. */
  byte[] references(long of) {
    return room(reference, Long.BYTES).putLong(of).array();
  }

  /** Key of the reference of an event to an earlier one. */
  byte[] reference(long of, long offset) {
    return room(reference, 2 * Long.BYTES).putLong(of).putLong(offset).array();
  }

  /** Key of the rules by which the partition was folded. */
  public byte[] rules() {
    return rules.clone();
  }

  /** Key of the partition's progress. */
  public byte[] progress() {
    return progress.clone();
  }

  /** Beginnings of all keys of this partition; the end of each range is {@link #after} it. */
  List<byte[]> ranges() {
    return List.of(event, order, idempotency, closed, entry, totals, reference, rules, progress);
  }

  byte[] orders() {
    return order.clone();
  }

  /** The first key that is greater than all that begin with {@code prefix}. */
  static byte[] after(byte[] prefix) {
    byte[] next = prefix.clone();
    for (int i = next.length - 1; i >= 0; i--) {
      if (++next[i] != 0) {
        return Arrays.copyOf(next, i + 1);
      }
    }
    throw new IllegalArgumentException("nothing lies after a prefix of 0xff alone");
  }

  static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** The offset that an {@code event} or {@code order} key ends with. */
  static long offset(byte[] key) {
    return ByteBuffer.wrap(key).getLong(key.length - Long.BYTES);
  }

  private static byte[] prefix(char kind, String namespace, int partition) {
    byte[] name = namespace.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(2 + name.length + Integer.BYTES)
        .put((byte) kind)
        .put((byte) name.length)
        .put(name)
        .putInt(partition)
        .array();
  }

  private static ByteBuffer room(byte[] prefix, int more) {
    return ByteBuffer.allocate(prefix.length + more).put(prefix);
  }
}
