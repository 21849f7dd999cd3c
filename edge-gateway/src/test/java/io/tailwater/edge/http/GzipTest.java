package io.tailwater.edge.http;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.ErrorCode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class GzipTest {
  private static final int MAX = 1 << 20;
  private static final byte[] BODY = new byte[10_000];

  static {
    new Random(7).nextBytes(BODY);
    Arrays.fill(BODY, 2_000, 8_000, (byte) 'x');
  }

  @Property
  void whatWasCodedIsDecoded(@ForAll byte[] body) {
    assertThat(Gzip.decode(gzip(body), MAX)).isEqualTo(body);
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] coded = gzip(BODY);
    for (int length = 0; length < coded.length; length++) {
      byte[] cut = Arrays.copyOf(coded, length);
      assertRefused(ErrorCode.INVALID_REQUEST, () -> Gzip.decode(cut, MAX));
    }
  }

  @Test
  void everyFlippedBitOfTheDataOrTheTrailerIsRefused() {
    byte[] coded = gzip(BODY);
    for (int at = 10; at < coded.length; at++) {
      byte[] damaged = coded.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      assertRefused(ErrorCode.INVALID_REQUEST, () -> Gzip.decode(damaged, MAX));
    }
  }

  @Test
  void whatFollowsTheMemberIsRefused() {
    byte[] coded = gzip(BODY);
    assertRefused(ErrorCode.INVALID_REQUEST, () -> Gzip.decode(joined(coded, new byte[1]), MAX));
    assertRefused(ErrorCode.INVALID_REQUEST, () -> Gzip.decode(joined(coded, gzip(BODY)), MAX));
  }

  @Test
  void aBombIsRefusedAtItsBound() {
    byte[] bomb = gzip(new byte[200 << 20]);
    assertThat(bomb.length).isLessThan(MAX);
    assertRefused(ErrorCode.TOO_LARGE, () -> Gzip.decode(bomb, MAX));
    assertThat(Gzip.decode(gzip(new byte[MAX]), MAX)).hasSize(MAX);
    assertRefused(ErrorCode.TOO_LARGE, () -> Gzip.decode(gzip(new byte[MAX + 1]), MAX));
  }

  @Test
  void everyFieldOfTheHeaderIsUnderstood() {
    byte[] plain = gzip(BODY);
    byte[] fields = {4, 0, 'e', 'x', 't', 'r', 'n', 'a', 'm', 'e', 0, 'c', 0};
    byte[] header = joined(Arrays.copyOf(plain, 10), fields);
    header[3] = 2 | 4 | 8 | 16;
    CRC32 checksum = new CRC32();
    checksum.update(header);
    byte[] check = {(byte) checksum.getValue(), (byte) (checksum.getValue() >> 8)};
    byte[] rest = Arrays.copyOfRange(plain, 10, plain.length);
    assertThat(Gzip.decode(joined(joined(header, check), rest), MAX)).isEqualTo(BODY);
    check[0]++;
    assertRefused(
        ErrorCode.INVALID_REQUEST, () -> Gzip.decode(joined(joined(header, check), rest), MAX));
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream coded = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(coded)) {
      stream.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return coded.toByteArray();
  }
}
