package io.tailwater.servers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The Docker engine of this machine, asked a few questions over its socket. Testcontainers asks
 * them too, but takes its time where there is none.
 *
 * @param socket where it listens
 */
record DockerEngine(Path socket) {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final String UNIX = "unix://";

  /** The engine that answers, at {@code DOCKER_HOST} if that names a socket. */
  static Optional<DockerEngine> find() {
    String host = System.getenv("DOCKER_HOST");
    if (host != null && !host.isBlank()) {
      // Another machine's engine is of no use: these tests' servers are on this machine only.
      return host.startsWith(UNIX) ? at(Path.of(host.substring(UNIX.length()))) : Optional.empty();
    }
    return Stream.of(
            Path.of("/var/run/docker.sock"),
            Path.of(System.getProperty("user.home"), ".docker", "run", "docker.sock"))
        .flatMap(socket -> at(socket).stream())
        .findFirst();
  }

  /** The engine at this socket, if it answers. */
  static Optional<DockerEngine> at(Path socket) {
    DockerEngine engine = new DockerEngine(socket);
    return Files.exists(socket) && engine.succeeds("GET /_ping", LIMIT)
        ? Optional.of(engine)
        : Optional.empty();
  }

  /** Whether it has this image. */
  boolean has(String image) {
    return succeeds("GET /images/" + image + "/json", LIMIT);
  }

  /** Gets an image; whether it has it then. */
  boolean pull(String image, Duration limit) {
    int colon = image.lastIndexOf(':');
    String request =
        "POST /images/create?fromImage="
            + image.substring(0, colon)
            + "&tag="
            + image.substring(colon + 1);
    // The answer's status is sent before the work is done, and its end after.
    return succeeds(request, limit) && has(image);
  }

  /** Whether the whole answer came in time and is a good one. */
  private boolean succeeds(String request, Duration limit) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      // A blocking read has no limit of its own; closing the channel ends it.
      CompletableFuture<String> answer =
          CompletableFuture.supplyAsync(
              () -> exchange(channel, request), Thread::startVirtualThread);
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS).matches("(?s)HTTP/1\\.. 200 .*");
    } catch (IOException | ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String exchange(SocketChannel channel, String request) {
    try {
      String head = request + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
      channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
      var answer = new ByteArrayOutputStream();
      ByteBuffer buffer = ByteBuffer.allocate(8192);
      while (channel.read(buffer) >= 0) {
        answer.write(buffer.array(), 0, buffer.position());
        buffer.clear();
      }
      return answer.toString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
