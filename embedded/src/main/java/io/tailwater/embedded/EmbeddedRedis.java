package io.tailwater.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server as a child process, on 127.0.0.1 only and without persistence: nothing of
 * Tailwater's has to survive it. The child dies with this JVM, however that ends: a small shell
 * beside it waits for the end of the pipe that this JVM holds (see {@link ParentWatch}) and kills
 * it.
 *
 * <p>Confined to the thread that uses it.
 */
public final class EmbeddedRedis implements RedisServer {
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final int ATTEMPTS = 5;

  // "exec" keeps the pid: the process that we hold is Redis itself, and $$ in the watching shell is
  // its pid.
  private static final String TIED_TO_PARENT =
      "exec 3<&0; (cat <&3 >/dev/null 2>&1; kill -9 $$ 2>/dev/null) >/dev/null 2>&1 3<&3 &"
          + " exec \"$@\" </dev/null 3<&-";

  private final int port;
  private final List<String> settings;
  private @Nullable Process process;

  private EmbeddedRedis(int port, List<String> settings) {
    this.port = port;
    this.settings = List.copyOf(settings);
  }

  /** Starts a Redis on a free port. */
  public static EmbeddedRedis open() {
    for (int attempt = 1; ; attempt++) {
      try {
        return open(FreePort.choose());
      } catch (IllegalStateException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /**
   * Starts a Redis and returns when it answers.
   *
   * @throws IllegalStateException if it can't start; says why
   */
  public static EmbeddedRedis open(int port) {
    return open(port, List.of());
  }

  /**
   * Starts a Redis with more settings, and returns when it answers.
   *
   * @param settings as on its command line: {@code --cluster-enabled}, {@code yes}
   * @throws IllegalStateException if it can't start; says why
   */
  public static EmbeddedRedis open(int port, List<String> settings) {
    var redis = new EmbeddedRedis(port, settings);
    redis.start();
    return redis;
  }

  /**
   * The command of a Redis that dies when the pipe on its standard input ends, for those who start
   * processes themselves. The process that runs it becomes Redis, so its pid is Redis's.
   *
   * @throws IOException if there is no Redis for this system
   */
  public static List<String> command(int port) throws IOException {
    Path binary = RedisBinary.find();
    return List.of(
        "/bin/sh",
        "-c",
        TIED_TO_PARENT,
        "redis",
        binary.toString(),
        "--port",
        Integer.toString(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
        "--dir",
        System.getProperty("java.io.tmpdir"),
        // Even one that saves nothing loads this file when it starts, and replicas write it. The
        // usual name in the usual folder would have it begin with the keys of somebody else.
        "--dbfilename",
        "tailwater-redis-" + UUID.randomUUID() + ".rdb",
        "--rdb-del-sync-files",
        "yes");
  }

  /**
   * Starts it again on the same port, after {@link #kill()}. Empty, as it keeps nothing. Does
   * nothing while it runs.
   *
   * @throws IllegalStateException if it can't start; says why
   */
  @Override
  public void start() {
    if (process != null && process.isAlive()) {
      return;
    }
    if (!FreePort.isFree(port)) {
      throw new IllegalStateException("Redis can't listen on 127.0.0.1:" + port + ": it is in use");
    }
    try {
      List<String> command = new ArrayList<>(command(port));
      command.addAll(settings);
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new IllegalStateException("Redis did not start: " + e.getMessage(), e);
    }
    awaitAnswer(process);
  }

  /** Kills it with -9 and returns when it is gone. */
  @Override
  public void kill() {
    if (process != null) {
      process.destroyForcibly();
      awaitExit(process);
    }
  }

  /** Stops its process without ending it: it answers nothing, and breaks no connection. */
  public void freeze() {
    signal("STOP");
  }

  /** Lets it go on. */
  public void thaw() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      if (process == null
          || new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                  .inheritIO()
                  .start()
                  .waitFor()
              != 0) {
        throw new IllegalStateException("Redis could not be sent SIG" + name);
      }
    } catch (IOException e) {
      throw new IllegalStateException("Redis could not be sent SIG" + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** {@code redis://127.0.0.1:PORT}. */
  @Override
  public String uri() {
    return "redis://127.0.0.1:" + port;
  }

  /** The port, the same for its whole life. */
  public int port() {
    return port;
  }

  /** Stops it; there is nothing to save. */
  @Override
  public void close() {
    kill();
  }

  private void awaitAnswer(Process started) {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers(port)) {
      if (!started.isAlive()) {
        throw new IllegalStateException(
            "Redis did not start: it exited with " + started.exitValue());
      }
      if (System.nanoTime() > deadline) {
        started.destroyForcibly();
        throw new IllegalStateException("Redis did not answer within " + START_LIMIT);
      }
      pause();
    }
  }

  /** Whether a Redis answers PING on this port now, be it by asking for a password. */
  public static boolean answers(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
      socket.setSoTimeout(500);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      String answer = new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII);
      return answer.equals("+PONG") || answer.equals("-NOAU");
    } catch (IOException e) {
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while Redis started", e);
    }
  }

  private static void awaitExit(Process process) {
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("Redis survived kill -9");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Runs a Redis beside this process: {@code [--port N] [--exit-at-end-of-input]}. Prints {@code
   * redis is ready: redis://127.0.0.1:PORT}, stops on SIGTERM and ends when its Redis does.
   */
  public static void main(String[] args) throws InterruptedException {
    var arguments = Arguments.parse(args);
    if (arguments.exitAtEndOfInput()) {
      ParentWatch.exitAtEndOfInput();
    }
    EmbeddedRedis redis = arguments.port() == 0 ? open() : open(arguments.port());
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("redis-stop").unstarted(redis::close));
    System.out.println("redis is ready: " + redis.uri());
    if (redis.process != null) {
      System.exit(redis.process.waitFor());
    }
  }
}
