package io.tailwater.launcher.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BalancerTest {
  private static final int LIMIT_MS = 10_000;

  private final ServerSocket first = listen();
  private final ServerSocket second = listen();
  private static final Bounds WIDE =
      new Bounds(10_000, 10_000, Duration.ofMinutes(10), Duration.ofMinutes(10));

  private Balancer balancer =
      Balancer.open(
          Balancer.loopback(0), List.of(gateway("one", first), gateway("other", second)), WIDE);
  private final List<Socket> sockets = new ArrayList<>();

  @AfterEach
  void closeAll() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    balancer.close();
    first.close();
    second.close();
  }

  @Test
  void connectionsGoToTheGatewaysInTurn() throws IOException {
    for (int round = 0; round < 3; round++) {
      connect();
      accept(first);
      connect();
      accept(second);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /socket.io/?EIO=4&transport=polling&t=a.b&sid=other.abc&x=1 HTTP/1.1\r\n",
        "POST /socket.io/?sid=other.abc HTTP/1.1\r\n",
        "GET /socket.io?sid=other.abc.d HTTP/1.1\r\n"
      })
  void aSessionsRequestGoesToTheSessionsGateway(String line) throws IOException {
    String head = line + "Host: a\r\n\r\n";
    for (int round = 0; round < 2; round++) {
      Socket client = connect();
      client.getOutputStream().write((head + "body").getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      Socket gateway = accept(second);
      assertThat(gateway.getInputStream().readAllBytes()).asString().isEqualTo(head + "body");
      gateway.getOutputStream().write('x');
      assertThat(readByte(client)).isEqualTo('x');
      if (round == 0) {
        assertThat(readByte(accept(first))).as("the one whose turn it was").isEqualTo(-1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n",
        "GET /socket.io/?sid=unknown.abc HTTP/1.1\r\n\r\n",
        "GET /socket.io/?asid=other.abc HTTP/1.1\r\n\r\n",
        "GET /v1/events?sid=other.abc HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nReferer: /socket.io/?sid=other.abc\r\n\r\n"
      })
  void anyOtherRequestGoesToTheGatewayWhoseTurnItIs(String head) throws IOException {
    Socket client = connect();
    client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    assertThat(accept(first).getInputStream().readNBytes(head.length())).asString().isEqualTo(head);
  }

  @Test
  void aSessionOfADeadGatewayGoesToAnother() throws IOException {
    second.close();
    Socket client = connect();
    client
        .getOutputStream()
        .write("GET /socket.io/?sid=other.a HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(readByte(accept(first))).isEqualTo(-1);
    assertThat(readByte(accept(first))).isEqualTo('G');
  }

  @Test
  void aDeadGatewayIsPassedOverAndTakenAgainWhenItIsBack() throws IOException {
    int port = first.getLocalPort();
    first.close();
    for (int i = 0; i < 4; i++) {
      connect();
      accept(second);
    }
    try (var back = new ServerSocket()) {
      back.setReuseAddress(true);
      back.bind(Balancer.loopback(port));
      connect();
      accept(back);
    }
  }

  @Test
  void withoutAnyGatewayAConnectionIsReset() throws IOException {
    first.close();
    second.close();
    Socket client = connect();
    assertThatThrownBy(() -> readByte(client)).isInstanceOf(SocketException.class);
  }

  @Test
  void bytesPassBothWaysAndAHalfCloseEndsOneWayOnly() throws IOException {
    Socket client = connect();
    Socket gateway = accept(first);
    client.getOutputStream().write("question".getBytes(StandardCharsets.US_ASCII));
    client.shutdownOutput();
    assertThat(gateway.getInputStream().readAllBytes()).asString().isEqualTo("question");
    gateway.getOutputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
    gateway.close();
    assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
  }

  @Test
  void theGatewaysHalfCloseLeavesTheClientsSideOpen() throws IOException {
    Socket client = connect();
    Socket gateway = accept(first);
    gateway.shutdownOutput();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    client.getOutputStream().write('x');
    assertThat(readByte(gateway)).isEqualTo('x');
    client.close();
    assertThat(readByte(gateway)).isEqualTo(-1);
  }

  @Test
  void aResetOfTheGatewayReachesTheClientAsAReset() throws IOException {
    Socket client = connect();
    Socket gateway = accept(first);
    gateway.getOutputStream().write('x');
    assertThat(readByte(client)).isEqualTo('x');
    reset(gateway);
    assertThatThrownBy(() -> readByte(client))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void aResetOfTheClientReachesTheGatewayAsAReset() throws IOException {
    Socket client = connect();
    Socket gateway = accept(first);
    client.getOutputStream().write('x');
    assertThat(readByte(gateway)).isEqualTo('x');
    reset(client);
    assertThatThrownBy(() -> readByte(gateway))
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void aClientThatDoesNotReadStopsTheGatewaysWriting() throws IOException {
    Socket client = connect();
    Socket gateway = accept(first);
    var written = new AtomicLong();
    Thread writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  byte[] block = new byte[16 * 1024];
                  try {
                    while (written.get() < 256L << 20) {
                      gateway.getOutputStream().write(block);
                      written.addAndGet(block.length);
                    }
                  } catch (IOException e) {
                    // The end of the test.
                  }
                });
    // What the kernels' buffers and ours take, and then nothing more.
    await()
        .pollInterval(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(30))
        .until(new Steady(written));
    assertThat(written.get()).isLessThan(64L << 20);
    assertThat(writer.isAlive()).isTrue();
    long before = written.get();
    InputStream input = client.getInputStream();
    input.readNBytes((int) before);
    await().atMost(Duration.ofSeconds(30)).until(() -> written.get() > before);
  }

  @Test
  void carriesManyConnectionsAtOnce() throws IOException {
    int connections = 1_000;
    List<Socket> clients = new ArrayList<>();
    List<Socket> gateways = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      clients.add(connect());
      gateways.add(accept(i % 2 == 0 ? first : second));
    }
    for (int i = 0; i < connections; i++) {
      gateways.get(i).getOutputStream().write(i % 128);
    }
    for (int i = 0; i < connections; i++) {
      assertThat(readByte(clients.get(i))).isEqualTo(i % 128);
    }
  }

  @Test
  void beyondTheBoundOfAnAddressConnectionsAreResetAndOtherAddressesAreNot() throws Exception {
    bound(new Bounds(10, 2, WIDE.head(), WIDE.idle()));
    Socket one = connect();
    accept(first);
    connect();
    accept(second);
    // The reset may come before the connection is set up here.
    assertThatThrownBy(() -> readByte(connect())).isInstanceOf(SocketException.class);
    assertThat(balancer.counts()).isEqualTo(new Counts(2, 2, 1, 0, 0));
    connect("127.0.0.2");
    accept(first);
    // Its seat is free again when its connection has ended.
    reset(one);
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(balancer.counts().open()).isEqualTo(2));
    connect();
    accept(second);
  }

  @Test
  void beyondTheBoundOfAllConnectionsEveryAddressIsReset() throws Exception {
    bound(new Bounds(2, 2, WIDE.head(), WIDE.idle()));
    connect();
    accept(first);
    connect("127.0.0.2");
    accept(second);
    for (String address : List.of("127.0.0.1", "127.0.0.2", "127.0.0.3")) {
      assertThatThrownBy(() -> readByte(connect(address))).isInstanceOf(SocketException.class);
    }
    assertThat(balancer.counts()).isEqualTo(new Counts(2, 2, 3, 0, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "a\n\r"})
  void aHeadThatDoesNotEndInTimeIsReset(String sent) throws Exception {
    bound(new Bounds(10, 10, Duration.ofMillis(500), WIDE.idle()));
    Socket client = connect();
    client.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
    client.setSoTimeout(60_000);
    assertThatThrownBy(() -> readByte(client)).isInstanceOf(SocketException.class);
    assertThat(balancer.counts().late()).isEqualTo(1);
  }

  @Test
  void whatComesByteByByteIsNoMoreInTime() throws Exception {
    bound(new Bounds(10, 10, Duration.ofMillis(500), WIDE.idle()));
    Socket client = connect();
    await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(SocketException.class)
        .until(
            () -> {
              if (balancer.counts().late() == 0) {
                client.getOutputStream().write('a');
              }
              return balancer.counts().late() == 1;
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "a\n\n", "a\r\n\r\nbody"})
  void aHeadThatHasEndedMayWaitForItsAnswer(String sent) throws Exception {
    bound(new Bounds(10, 10, Duration.ofSeconds(5), WIDE.idle()));
    Socket client = connect();
    client.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
    Socket gateway = accept(first);
    assertThat(gateway.getInputStream().readNBytes(sent.length())).asString().isEqualTo(sent);
    // One that is too slow, later: when it is reset, the limit has passed for the first one too.
    Socket slow = connect();
    slow.setSoTimeout(60_000);
    assertThatThrownBy(() -> readByte(slow)).isInstanceOf(SocketException.class);
    gateway.getOutputStream().write('x');
    assertThat(readByte(client)).isEqualTo('x');
  }

  @Test
  void aConnectionOnWhichNothingPassesEndsAndAStreamWithHeartbeatsDoesNot() throws Exception {
    bound(new Bounds(10, 10, WIDE.head(), Duration.ofSeconds(4)));
    Socket stream = connect();
    Socket streaming = accept(first);
    Socket idle = connect();
    Socket waiting = accept(second);
    idle.setSoTimeout(60_000);
    waiting.setSoTimeout(60_000);
    await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              streaming.getOutputStream().write('h');
              return readByte(stream) == 'h' && balancer.counts().idle() == 1;
            });
    assertThat(readByte(idle)).isEqualTo(-1);
    assertThat(readByte(waiting)).isEqualTo(-1);
  }

  private void bound(Bounds bounds) {
    balancer.close();
    balancer =
        Balancer.open(
            Balancer.loopback(0), List.of(gateway("one", first), gateway("other", second)), bounds);
  }

  @Test
  void aTakenPortIsOneSentence() {
    assertThatThrownBy(
            () ->
                Balancer.open(
                    Balancer.loopback(first.getLocalPort()), List.of(gateway("one", second)), WIDE))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("Port " + first.getLocalPort() + " is taken");
    assertThat(FreePort.isFree(first.getLocalPort())).isFalse();
  }

  /** Whether a counter has stopped since it was looked at last. */
  private static final class Steady implements java.util.concurrent.Callable<Boolean> {
    private final AtomicLong counter;
    private long last = -1;

    Steady(AtomicLong counter) {
      this.counter = counter;
    }

    @Override
    public Boolean call() {
      long now = counter.get();
      boolean steady = now > 0 && now == last;
      last = now;
      return steady;
    }
  }

  private Socket connect() throws IOException {
    return connect("127.0.0.1");
  }

  private Socket connect(String from) throws IOException {
    var socket = new Socket();
    sockets.add(socket);
    socket.bind(new InetSocketAddress(from, 0));
    socket.setSoTimeout(LIMIT_MS);
    socket.connect(Balancer.loopback(balancer.port()), LIMIT_MS);
    return socket;
  }

  private Socket accept(ServerSocket gateway) throws IOException {
    try {
      Socket socket = gateway.accept();
      sockets.add(socket);
      socket.setSoTimeout(LIMIT_MS);
      return socket;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("no connection came to this gateway", e);
    }
  }

  private static int readByte(Socket socket) throws IOException {
    return socket.getInputStream().read();
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private static Gateway gateway(String name, ServerSocket socket) {
    return new Gateway(name, (InetSocketAddress) socket.getLocalSocketAddress());
  }

  private static ServerSocket listen() {
    try {
      var socket = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
      socket.setSoTimeout(LIMIT_MS);
      return socket;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
