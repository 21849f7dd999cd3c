package io.tailwater.system;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Reads event streams as an EventSource does: comes back after {@code retry:} with its last event
 * id, for ever, unless it is answered anything but an event stream. Each connection goes to one of
 * its gateways, picked at random. What a stream of the contract must not do is noted as a
 * violation.
 */
final class SseReader implements Reader {
  private static final long FIRST_RETRY_MS = 1_000;

  private final Wanted wanted;
  private final List<URI> gateways;
  private final Seen seen;
  private final Thread thread;
  private final Object lock = new Object();
  // Guarded by the lock.
  private @Nullable Socket socket;
  private boolean paused;
  private boolean closed;
  private boolean finished;
  private @Nullable String failure;
  private int connections;
  // Confined to the reader's thread.
  private String lastEventId = "";
  private long retryMs = FIRST_RETRY_MS;
  private boolean openedThis;
  private boolean toldToComeBack;

  private SseReader(Wanted wanted, List<URI> gateways) {
    this.wanted = wanted;
    this.gateways = gateways;
    this.seen = new Seen(wanted.name());
    this.thread = Thread.ofVirtual().name("reader-" + wanted.name()).unstarted(this::run);
  }

  /** A reader that has begun to connect. */
  static SseReader start(Wanted wanted, List<URI> gateways) {
    SseReader reader = new SseReader(wanted, gateways);
    reader.thread.start();
    return reader;
  }

  private void run() {
    while (goesOn()) {
      try {
        connect();
      } catch (IOException e) {
        // Refused, cut or reset: an EventSource comes back from all of these.
      } catch (RuntimeException e) {
        seen.violation("a stream that can't be read: " + e);
        giveUp("a stream that can't be read");
      }
      awaitRetry();
    }
  }

  private void connect() throws IOException {
    URI gateway = gateways.get(ThreadLocalRandom.current().nextInt(gateways.size()));
    Socket connected = StreamConnection.connect(gateway, wanted.receiveBytes());
    if (!take(connected)) {
      StreamConnection.cut(connected, Cut.CLOSE);
      return;
    }
    try (StreamConnection stream =
        StreamConnection.get(connected, gateway, wanted.path(), headers())) {
      switch (stream.status()) {
        case 200 -> accept(stream);
        case 204 -> finish();
        default -> giveUp(stream.status() + " " + stream.body());
      }
    } finally {
      StreamConnection.cut(connected, Cut.CLOSE);
    }
  }

  private Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Accept", "text/event-stream");
    headers.put("Cache-Control", "no-store");
    if (!lastEventId.isEmpty()) {
      headers.put("Last-Event-ID", lastEventId);
    }
    if (wanted.token() != null) {
      headers.put("Authorization", "Bearer " + wanted.token());
    }
    return headers;
  }

  private void accept(StreamConnection stream) throws IOException {
    if (!stream.header("content-type").startsWith("text/event-stream")) {
      giveUp("200 with " + stream.header("content-type"));
      return;
    }
    openedThis = false;
    toldToComeBack = false;
    EventStreamParser parser = new EventStreamParser(this::onBlock);
    byte[] buffer = new byte[8192];
    try {
      while (goesOn()) {
        awaitResumed();
        int read = stream.read(buffer);
        if (read < 0) {
          return;
        }
        parser.feed(buffer, read, System.nanoTime());
      }
    } finally {
      parser.retryMs().ifPresent(told -> retryMs = told);
    }
  }

  private void onBlock(Block block) {
    // Whatever else a block says, a browser keeps the id that it leaves behind.
    if (block.lastEventId().isEmpty() && !lastEventId.isEmpty()) {
      seen.violation("a block without an id made a browser forget its position: " + block);
    }
    lastEventId = block.lastEventId();
    if (block.data() == null) {
      seen.violation("a block without data: " + block);
      return;
    }
    if (toldToComeBack) {
      seen.violation("a block after tw.retry: " + block);
    }
    JsonNode data = json(block.data());
    if (!openedThis && !block.type().equals("tw.open") && !block.type().equals("tw.retry")) {
      seen.violation("the first block is no tw.open: " + block);
    }
    switch (block.type()) {
      case "tw.open" -> open(block, data);
      case "tw.live" -> seen.live(channel(data), connections());
      case "tw.end" -> seen.ended(channel(data));
      case "tw.reset" ->
          seen.reset(
              new Seen.Reset(
                  channel(data),
                  data.path("reason").asText(),
                  Position.parse(data.path("earliest").asText()),
                  connections()));
      case "tw.retry" -> toldToComeBack = true;
      case "tw.expiring", "tw.expired" -> {
        // Nothing to keep: a reader with another token comes back by itself.
      }
      default -> event(block, data);
    }
    if (!block.hadId() && !block.type().equals("tw.retry") && !block.type().startsWith("tw.exp")) {
      seen.violation("a block without an id: " + block);
    }
  }

  private void open(Block block, JsonNode data) {
    if (openedThis) {
      seen.violation("a second tw.open: " + block);
    }
    openedThis = true;
    synchronized (lock) {
      connections++;
    }
    for (Channel channel : wanted.channels()) {
      JsonNode position = data.path("positions").path(channel.toString());
      if (position.isMissingNode()) {
        seen.violation("tw.open has no position of " + channel);
      } else {
        seen.opened(channel, Position.parse(position.asText()));
      }
    }
  }

  private void event(Block block, JsonNode data) {
    boolean enveloped = wanted.envelope() || wanted.channels().size() > 1;
    Channel channel = enveloped ? channel(data) : wanted.channels().getFirst();
    String id = enveloped ? data.path("id").asText() : block.lastEventId();
    String type = enveloped ? data.path("type").asText() : block.type();
    String content = enveloped ? data.path("data").toString() : String.valueOf(block.data());
    if (!wanted.channels().contains(channel)) {
      seen.violation("an event of a channel that was not asked for: " + block);
      return;
    }
    if (wanted.channels().size() == 1 && !id.equals(block.lastEventId())) {
      seen.violation("an event whose block has another id: " + block);
    }
    seen.event(
        new Seen.Event(
            channel, Position.parse(id), type, content, connections(), block.arrivedNanos()));
  }

  private JsonNode json(String text) {
    try {
      return Json.read(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("data that is no JSON: " + text, e);
    }
  }

  private Channel channel(JsonNode data) {
    try {
      return Channel.parse(data.path("channel").asText());
    } catch (RequestException e) {
      throw new IllegalStateException("no channel in " + data, e);
    }
  }

  private boolean take(Socket connected) {
    synchronized (lock) {
      socket = connected;
      return !closed;
    }
  }

  private boolean goesOn() {
    synchronized (lock) {
      return !closed && !finished && failure == null;
    }
  }

  private void finish() {
    synchronized (lock) {
      finished = true;
    }
  }

  private void giveUp(String why) {
    synchronized (lock) {
      failure = why;
    }
  }

  private void awaitResumed() {
    synchronized (lock) {
      while (paused && !closed) {
        await(0);
      }
    }
  }

  private void awaitRetry() {
    long until = System.nanoTime() + retryMs * 1_000_000 / wanted.patience();
    synchronized (lock) {
      for (long left = until - System.nanoTime();
          left > 0 && goesOn();
          left = until - System.nanoTime()) {
        await(left / 1_000_000 + 1);
      }
    }
  }

  private void await(long ms) {
    try {
      lock.wait(ms);
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  @Override
  public Seen seen() {
    return seen;
  }

  @Override
  public void cut(Cut how) {
    synchronized (lock) {
      if (socket != null) {
        StreamConnection.cut(socket, how);
      }
    }
  }

  @Override
  public void pause() {
    synchronized (lock) {
      paused = true;
    }
  }

  @Override
  public void resume() {
    synchronized (lock) {
      paused = false;
      lock.notifyAll();
    }
  }

  @Override
  public boolean finished() {
    synchronized (lock) {
      return finished;
    }
  }

  @Override
  public @Nullable String failure() {
    synchronized (lock) {
      return failure;
    }
  }

  @Override
  public int connections() {
    synchronized (lock) {
      return connections;
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    cut(Cut.CLOSE);
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
