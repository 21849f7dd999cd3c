package io.tailwater.system.nginx;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.platform.ForeignServer;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An nginx as this system has it, with the product's own configuration files: only where the
 * gateways are, and the ports, are the test's.
 */
public final class NginxServer implements AutoCloseable {
  /** The files that are as they are. */
  private static final Path PRODUCT = Repository.path("nginx");

  private final Path directory;
  private final int port = FreePort.choose();
  private final boolean tls;
  private final ForeignServer server;

  /**
   * Starts nginx in front of these gateways.
   *
   * @param limits which of the product's files with limits
   */
  public NginxServer(List<URI> gateways, boolean tls, String limits) throws Exception {
    this.tls = tls;
    directory = Files.createTempDirectory("tailwater-nginx-");
    Path chosen = Files.createDirectories(directory.resolve("tailwater-chosen"));
    Files.createSymbolicLink(directory.resolve("tailwater"), PRODUCT);
    copy(
        PRODUCT.resolve("nginx.conf"),
        directory.resolve("nginx.conf"),
        "127.0.0.1:8081",
        "127.0.0.1:" + FreePort.choose());
    copy(
        PRODUCT.resolve(tls ? "tls-on.conf" : "tls-off.conf"),
        chosen.resolve("tls.conf"),
        "listen 8080",
        "listen 127.0.0.1:" + port);
    Files.copy(PRODUCT.resolve(limits), chosen.resolve("limits.conf"));
    upstream(gateways);
    if (tls) {
      makeCertificate();
    }
    server = new ForeignServer(directory, command());
    await("nginx listens").atMost(Duration.ofSeconds(30)).until(() -> server.listens(port));
  }

  /** Skips or fails the test that needs nginx where there is none, see {@link Tools}. */
  public static void require() {
    String program = program().map(Path::toString).orElse("nginx");
    Tools.require("nginx (Debian: nginx-light)", program, "-v");
  }

  private static Optional<Path> program() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("") + ":/usr/sbin";
    return Stream.of(path.split(File.pathSeparator))
        .map(folder -> Path.of(folder, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Points it at other gateways, as a reload. */
  private void upstream(List<URI> gateways) throws IOException {
    String servers =
        gateways.stream()
            .map(
                gateway ->
                    "server " + gateway.getHost() + ":" + gateway.getPort() + " max_fails=0;")
            .collect(Collectors.joining(" "));
    Files.writeString(
        directory.resolve("tailwater-chosen/upstream.conf"),
        "upstream tailwater { zone tailwater 64k; "
            + servers
            + " }\nmap $host $tw_gateways { default tailwater; }\n"
            + "map $host $tw_grafana { default tailwater; }\n"
            + sessions(gateways));
  }

  /** Gateways have the names that their platform gives them. */
  private static String sessions(List<URI> gateways) {
    StringBuilder map = new StringBuilder("map $arg_sid $tw_session_gateway { default tailwater; ");
    for (int i = 0; i < gateways.size(); i++) {
      map.append("\"~^edge-gateway-%d\\.\" %s;".formatted(i + 1, gateways.get(i).getAuthority()));
    }
    return map.append(" }\n").toString();
  }

  private void copy(Path from, Path to, String what, String by) throws IOException {
    String text = Files.readString(from);
    if (!text.contains(what)) {
      throw new IllegalStateException(from + " has no " + what);
    }
    // The pid file is the test's own, so that several can run.
    Files.writeString(to, text.replace(what, by).replace("/tmp/", directory + "/"));
  }

  private void makeCertificate() throws Exception {
    Path certificates = Files.createDirectories(directory.resolve("tls"));
    ProcessBuilder script =
        new ProcessBuilder(PRODUCT.resolve("certificate.sh").toString(), certificates.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    script.environment().put("TAILWATER_TLS", "on");
    if (script.start().waitFor() != 0) {
      throw new IllegalStateException("certificate.sh failed");
    }
  }

  private List<String> command() {
    return List.of(
        program().orElseThrow(() -> new IllegalStateException("there is no nginx")).toString(),
        "-p",
        directory.toString(),
        "-c",
        directory.resolve("nginx.conf").toString(),
        "-g",
        "daemon off;");
  }

  public URI address() {
    return URI.create((tls ? "https" : "http") + "://127.0.0.1:" + port);
  }

  /** All that it wrote. */
  String log() {
    return server.log();
  }

  @Override
  public void close() throws Exception {
    server.close();
  }
}
