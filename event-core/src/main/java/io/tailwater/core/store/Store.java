package io.tailwater.core.store;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.thread.Owner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Snapshot;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Written by its owner, the fold thread, and read by any thread: the derived state. It is a RocksDB
 * with one column family and no write-ahead log, since Kafka is that log. Events that were not
 * flushed before a crash are folded again. Batches are flushed whole and in order, so the stored
 * progress always belongs to the stored events.
 *
 * <p>The lock is held exclusively only to close, so that no native memory is touched after that.
 */
public final class Store implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Store.class);
  private static final byte[] FORMAT_KEY = "format".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FORMAT = "1".getBytes(StandardCharsets.US_ASCII);

  /** Smallest budget of memory, bytes. */
  public static final long MIN_BYTES = 16L << 20;

  /** A write buffer is an eighth of the budget, and at most this. */
  private static final long MAX_WRITE_BUFFER_BYTES = 32L << 20;

  private static final int WRITE_BUFFERS = 3;

  /** Each open file has a reader of a few kilobytes; its index and filter are in the cache. */
  private static final int OPEN_FILES = 512;

  /** A compaction reads this much ahead of each of its files, of which there may be 40. */
  private static final long COMPACTION_READAHEAD_BYTES = 256L << 10;

  /** The part of the cache in which indexes and filters are safe from the events that are read. */
  private static final double INDEX_SHARE = 0.5;

  private static final double BLOOM_BITS_PER_KEY = 10;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final long bytes;
  private final LRUCache cache;
  private final WriteBufferManager writeBuffers;
  private final BloomFilter bloom = new BloomFilter(BLOOM_BITS_PER_KEY);
  private final Options options;
  private final WriteOptions writing = new WriteOptions().setDisableWAL(true);
  private final RocksDB db;
  private final Owner owner;

  @GuardedBy("lock")
  private boolean closed;

  private Store(Path directory, long bytes, Owner owner) throws RocksDBException {
    this.owner = owner;
    this.bytes = bytes;
    // A strict limit would fail reads while many blocks are in use; the few threads bound those.
    cache = new LRUCache(bytes, -1, false, INDEX_SHARE);
    // Written events count as blocks of the cache, and push others out. A writer waits at half.
    writeBuffers = new WriteBufferManager(bytes / 2, cache, true);
    options =
        new Options()
            .setCreateIfMissing(true)
            .setWriteBufferSize(Math.min(bytes / 8, MAX_WRITE_BUFFER_BYTES))
            .setWriteBufferManager(writeBuffers)
            .setMaxWriteBufferNumber(WRITE_BUFFERS)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setMaxOpenFiles(OPEN_FILES)
            .setCompactionReadaheadSize(COMPACTION_READAHEAD_BYTES)
            .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
            .setKeepLogFileNum(2)
            .setTableFormatConfig(
                new BlockBasedTableConfig()
                    .setBlockCache(cache)
                    .setCacheIndexAndFilterBlocks(true)
                    // Whole indexes and filters of large files push each other out of the cache.
                    .setIndexType(IndexType.kTwoLevelIndexSearch)
                    .setPartitionFilters(true)
                    .setFilterPolicy(bloom));
    try {
      db = RocksDB.open(options, directory.toString());
    } catch (RocksDBException e) {
      closeOptions();
      throw e;
    }
  }

  /**
   * Opens the store. A store that is damaged or has another format is emptied, since it is derived.
   *
   * @param bytes memory for blocks, indexes and events that are not flushed, together; {@link
   *     #MIN_BYTES} or more
   * @param owner the thread that writes
   * @throws UncheckedIOException if the directory cannot be used, for instance because another
   *     process uses it
   */
  public static Store open(Path directory, long bytes, Owner owner) {
    RocksDB.loadLibrary();
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Store store = openWhole(directory, bytes, owner);
      byte[] format = store.db.get(FORMAT_KEY);
      if (format != null && !Arrays.equals(format, FORMAT)) {
        LOG.warn("the store in {} has another format: everything is folded again", directory);
        store.close();
        destroy(directory);
        store = openWhole(directory, bytes, owner);
      }
      store.db.put(store.writing, FORMAT_KEY, FORMAT);
      return store;
    } catch (RocksDBException e) {
      throw new UncheckedIOException(
          new IOException("the store in " + directory + " cannot be opened: " + e.getMessage(), e));
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("the directory " + directory + " cannot be written to", e));
    }
  }

  private static Store openWhole(Path directory, long bytes, Owner owner) throws RocksDBException {
    try {
      return new Store(directory, bytes, owner);
    } catch (RocksDBException e) {
      if (e.getStatus() == null || e.getStatus().getCode() != Status.Code.Corruption) {
        throw e;
      }
      LOG.warn(
          "the store in {} is damaged: everything is folded again: {}", directory, e.getMessage());
      destroy(directory);
      return new Store(directory, bytes, owner);
    }
  }

  private static void destroy(Path directory) throws RocksDBException {
    try (Options options = new Options()) {
      RocksDB.destroyDB(directory.toString(), options);
    }
  }

  /** Bytes of the store on disk; 0 once the store is closed. */
  public long diskBytes() {
    return property("rocksdb.total-sst-files-size");
  }

  /**
   * Bytes of memory in use: blocks, indexes, events that are not flushed, and readers of files; 0
   * once the store is closed.
   */
  public long memoryBytes() {
    lock.readLock().lock();
    try {
      return closed ? 0 : cache.getUsage() + property("rocksdb.estimate-table-readers-mem");
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Bytes of memory that it may use, apart from readers of files. */
  public long budgetBytes() {
    return bytes;
  }

  /** The thread that writes. */
  public Owner owner() {
    return owner;
  }

  private long property(String name) {
    lock.readLock().lock();
    try {
      return closed ? 0 : db.getLongProperty(name);
    } catch (RocksDBException e) {
      return 0;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Writes a batch, all of it or nothing. */
  void write(WriteBatch batch) {
    assert owner.isCurrent() : owner;
    within(() -> db.write(writing, batch));
  }

  /**
   * Reads one value; null if there is none. Any thread.
   *
   * @throws StoreException if the store is closed or cannot be read
   */
  public byte @Nullable [] get(byte[] key) {
    lock.readLock().lock();
    try {
      requireOpen();
      return db.get(key);
    } catch (RocksDBException e) {
      throw new StoreException(e);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Removes everything of a partition and writes its new progress.
   *
   * @param rules by which it will be folded
   */
  public void wipe(Keys keys, Progress progress, String rules) {
    assert owner.isCurrent() : owner;
    try (WriteBatch batch = new WriteBatch()) {
      for (byte[] range : keys.ranges()) {
        batch.deleteRange(range, Keys.after(range));
      }
      batch.put(keys.rules(), rules.getBytes(StandardCharsets.UTF_8));
      batch.put(keys.progress(), progress.encode());
      write(batch);
    } catch (RocksDBException e) {
      throw new StoreException(e);
    }
  }

  /**
   * Decodes an event that the fold wrote.
   *
   * @throws StoreException if it cannot be decoded
   */
  public static Event event(byte[] bytes) {
    try {
      return Event.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("the store holds an event that cannot be read");
    }
  }

  /** Starts to flush what was written, and does not wait for it. Any thread. */
  public void flush() {
    within(
        () -> {
          try (FlushOptions flush = new FlushOptions().setWaitForFlush(false)) {
            db.flush(flush);
          }
        });
  }

  /** Opens a snapshot; the thread that opens it closes it, soon. Any thread. */
  View view() {
    return new View();
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
          db.flush(flush);
        } catch (RocksDBException e) {
          LOG.warn(
              "the store was not flushed: its newest events are folded again: {}", e.toString());
        }
        db.close();
        writing.close();
        closeOptions();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void closeOptions() {
    options.close();
    bloom.close();
    writeBuffers.close();
    cache.close();
  }

  private void within(Access access) {
    lock.readLock().lock();
    try {
      requireOpen();
      access.run();
    } catch (RocksDBException e) {
      throw new StoreException(e);
    } finally {
      lock.readLock().unlock();
    }
  }

  @GuardedBy("lock")
  private void requireOpen() {
    if (closed) {
      throw new StoreException("the store is closed");
    }
  }

  private interface Access {
    void run() throws RocksDBException;
  }

  /** Owned by the thread that opens it: a snapshot of one moment of the fold. */
  final class View implements AutoCloseable {
    private final Snapshot snapshot;
    private final ReadOptions reading;

    private View() {
      lock.readLock().lock();
      try {
        requireOpen();
        snapshot = db.getSnapshot();
        reading = new ReadOptions().setSnapshot(snapshot);
      } catch (RuntimeException e) {
        lock.readLock().unlock();
        throw e;
      }
    }

    byte @Nullable [] get(byte[] key) {
      try {
        return db.get(reading, key);
      } catch (RocksDBException e) {
        throw new StoreException(e);
      }
    }

    /** An iterator over all keys; to be closed before the view. */
    RocksIterator iterator() {
      return db.newIterator(reading);
    }

    @Override
    public void close() {
      reading.close();
      db.releaseSnapshot(snapshot);
      snapshot.close();
      lock.readLock().unlock();
    }
  }
}
