package io.tailwater.system.clients;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Publications whose end two readers could see in different places, each before another request.
 */
public final class AmbiguousRequests {
  /** What each of them would publish. */
  public static final String BODY = "{\"n\":1}";

  /** Where to. */
  public static final String PATH = "/v1/events?channel=demo:framing-refused";

  private final String host;
  private final String smuggled;

  /**
   * @param smuggled the path of the publication that stands behind each and must not be executed
   */
  public AmbiguousRequests(URI gateway, String smuggled) {
    this.host = "Host: " + gateway.getAuthority();
    this.smuggled = RawConnection.post(gateway, smuggled, "\"smuggled\"");
  }

  /** By what is wrong, the bytes of a request and of another one behind it. */
  public Map<String, String> all() {
    Map<String, String> all = new LinkedHashMap<>();
    chunks(all);
    codings(all);
    lengths(all);
    hosts(all);
    lines(all);
    requestLines(all);
    return all;
  }

  private void chunks(Map<String, String> all) {
    Map<String, String> bodies = new LinkedHashMap<>();
    bodies.put("a chunk of 2^32 + 7 bytes", "100000007\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk of 2^64 + 7 bytes", "10000000000000007\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk of 2^31 bytes", "80000000\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size with 9 digits", "000000007\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size of -1", "-1\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size with a plus", "+7\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size with 0x", "0x7\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size with an underscore", "0_7\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size behind a space", " 7\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size before a space", "7 \r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size of other letters", "g\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("no chunk size", "\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk extension without a size", ";a=b\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a CR in a chunk extension", "7;a\rb\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a LF in a chunk extension", "7;a\nb\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a NUL in a chunk extension", "7;a\0b\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put(
        "an endless chunk extension", "7;" + "a".repeat(2_000) + "\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size that ends with LF", "7\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk size that ends with CR", "7\r" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a chunk that ends with LF", "7\r\n" + BODY + "\n0\r\n\r\n");
    bodies.put("a chunk longer than its size", "6\r\n" + BODY + "\r\n0\r\n\r\n");
    bodies.put("a last chunk that ends with LF", "7\r\n" + BODY + "\r\n0\n\r\n");
    bodies.put("a trailer that ends with LF", "7\r\n" + BODY + "\r\n0\r\n\n");
    bodies.put("a trailer with a length", "7\r\n" + BODY + "\r\n0\r\nContent-Length: 5\r\n\r\n");
    bodies.put(
        "a trailer with a coding", "7\r\n" + BODY + "\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n");
    bodies.put("a trailer with a host", "7\r\n" + BODY + "\r\n0\r\nHost: b\r\n\r\n");
    bodies.put("a trailer without a name", "7\r\n" + BODY + "\r\n0\r\n: b\r\n\r\n");
    bodies.forEach(
        (what, body) -> all.put(what, post(host, "Transfer-Encoding: chunked") + body + smuggled));
  }

  private void codings(Map<String, String> all) {
    String chunked = "7\r\n" + BODY + "\r\n0\r\n\r\n";
    for (String coding :
        new String[] {
          "chunked, identity",
          "identity",
          "gzip, chunked",
          "chunked, chunked",
          "chunked;q=1",
          "xchunked",
          "\"chunked\"",
          "chunked,",
          "",
          "\u000bchunked"
        }) {
      all.put(
          "Transfer-Encoding: " + coding,
          post(host, "Transfer-Encoding: " + coding) + chunked + smuggled);
    }
    all.put(
        "two Transfer-Encoding",
        post(host, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")
            + chunked
            + smuggled);
    all.put(
        "two Transfer-Encoding that differ",
        post(host, "Transfer-Encoding: chunked", "transfer-encoding: identity")
            + chunked
            + smuggled);
    all.put(
        "Transfer-Encoding and Content-Length",
        post(host, "Content-Length: 7", "Transfer-Encoding: chunked") + chunked + smuggled);
    all.put(
        "Content-Length 0 and Transfer-Encoding",
        post(host, "Transfer-Encoding: chunked", "Content-Length: 0") + chunked + smuggled);
    all.put(
        "Transfer-Encoding with HTTP/1.0",
        post(host, "Transfer-Encoding: chunked").replace("HTTP/1.1", "HTTP/1.0")
            + chunked
            + smuggled);
  }

  private void lengths(Map<String, String> all) {
    for (String length :
        new String[] {
          "+7", "-7", "7, 7", "7,8", "0x7", "7 7", "7;", "", "seven", "7.0", "99999999999999999999"
        }) {
      all.put(
          "Content-Length: " + length, post(host, "Content-Length: " + length) + BODY + smuggled);
    }
    all.put(
        "two equal Content-Length",
        post(host, "Content-Length: 7", "Content-Length: 7") + BODY + smuggled);
    all.put(
        "two Content-Length that differ",
        post(host, "Content-Length: 7", "Content-Length: 0") + BODY + smuggled);
  }

  private void hosts(Map<String, String> all) {
    String length = "Content-Length: 7";
    all.put("no Host", post(length) + BODY + smuggled);
    all.put("two Host", post(host, host, length) + BODY + smuggled);
    all.put("two Host that differ", post(host, "host: b", length) + BODY + smuggled);
    for (String name : new String[] {"", "a, b", "a b", "user@a", "a/b", "a?b", "a\\b"}) {
      all.put("Host: " + name, post("Host: " + name, length) + BODY + smuggled);
    }
    all.put(
        "a URL of another host",
        post(host, length).replace(PATH, "http://elsewhere.example" + PATH) + BODY + smuggled);
  }

  private void lines(Map<String, String> all) {
    String length = "Content-Length: 7";
    for (String line :
        new String[] {
          " folded: 1",
          "\tfolded: 1",
          "A: 1\r\n folded",
          "A : 1",
          "A\t: 1",
          ": 1",
          "A",
          "A B: 1",
          "A\u0001: 1",
          "A\u007f: 1",
          "A\u00e4: 1",
          "A: 1\rB: 2",
          "A: 1\r\rB: 2",
          "A: 1\nB: 2",
          "A: a\0b",
          "A: a\u0008b",
          "A: a\u007fb",
          "A(b): 1",
          "\"A\": 1",
          "A: 1\r"
        }) {
      String shown = line.replace("\r", "<CR>").replace("\n", "<LF>").replace("\0", "<NUL>");
      all.put("the header line '" + shown + "'", post(host, length, line) + BODY + smuggled);
    }
    all.put("lines that end with LF", post(host, length).replace("\r\n", "\n") + BODY + smuggled);
    all.put(
        "an end of the head without CR",
        post(host, length).replace("\r\n\r\n", "\r\n\n") + BODY + smuggled);
    all.put("Content-Length before a space", post(host, "Content-Length : 7") + BODY + smuggled);
    all.put(
        "Transfer-Encoding before a space",
        post(host, "Transfer-Encoding : chunked", "Content-Length: 7") + BODY + smuggled);
  }

  private void requestLines(Map<String, String> all) {
    String rest = "\r\n" + host + "\r\nContent-Length: 7\r\n\r\n" + BODY + smuggled;
    for (String line :
        new String[] {
          "POST  " + PATH + " HTTP/1.1", "POST " + PATH + "  HTTP/1.1",
              "POST\t" + PATH + " HTTP/1.1",
          "POST " + PATH + " HTTP/1.1 ", " POST " + PATH + " HTTP/1.1", "POST " + PATH,
          "POST " + PATH + " HTTP/1.2", "POST " + PATH + " HTTP/2.0", "POST " + PATH + " HTTP/0.9",
          "POST " + PATH + " http/1.1", "POST " + PATH + " HTTP/1.1\rX", "POST v1/events HTTP/1.1",
          "P@ST " + PATH + " HTTP/1.1", "POST " + PATH + "\0 HTTP/1.1",
              "POST " + PATH + " HTTP/01.1",
          "\nPOST " + PATH + " HTTP/1.1"
        }) {
      String shown = line.replace("\r", "<CR>").replace("\n", "<LF>").replace("\0", "<NUL>");
      all.put("the request line '" + shown + "'", line + rest);
    }
    all.put("HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled);
    all.put("TLS on a port without it", "\u0016\u0003\u0001\u0002\u0000\u0001" + smuggled);
  }

  /** The head of a publication with these lines in it. */
  public static String post(String... headers) {
    return "POST "
        + PATH
        + " HTTP/1.1\r\nContent-Type: application/json\r\n"
        + String.join("", Stream.of(headers).map(line -> line + "\r\n").toList())
        + "\r\n";
  }
}
