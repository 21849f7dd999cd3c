package io.tailwater.core.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.EntryText;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Stateless: numbers of entries, as JSON. */
public final class Numbers {
  private static final JsonFactory JSON = new JsonFactory();
  private static final BigInteger EXACT = BigInteger.valueOf(EntryText.MAX_AMOUNT);

  /** Numbers with more digits before the point are written with an exponent. */
  private static final int PLAIN_DIGITS = 21;

  private static final int PLAIN_ZEROS = 6;

  private Numbers() {}

  /** The amount to add; null unless the data is a JSON integer within ±2^53. */
  public static @Nullable BigInteger amount(byte[] json) {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
        return null;
      }
      BigInteger amount = parser.getBigIntegerValue();
      boolean alone = parser.nextToken() == null;
      return alone && amount.abs().compareTo(EXACT) <= 0 ? amount : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** A counter: a number, or a string of digits where clients' numbers are not exact. */
  static ByteString counter(BigInteger sum) {
    return ByteString.copyFromUtf8(
        sum.abs().compareTo(EXACT) <= 0 ? sum.toString() : "\"" + sum + "\"");
  }

  /**
   * A number as RFC 8785 writes it.
   *
   * @param value finite
   */
  static String canonical(double value) {
    if (value == 0) {
      return "0";
    }
    String sign = value < 0 ? "-" : "";
    BigDecimal decimal = shortest(Math.abs(value)).stripTrailingZeros();
    String digits = decimal.unscaledValue().toString();
    int point = digits.length() - decimal.scale();
    return sign + placed(digits, point);
  }

  /** The shortest digits that read back as the same number, as in ECMAScript. */
  private static BigDecimal shortest(double value) {
    BigDecimal decimal = new BigDecimal(Double.toString(value));
    // Java writes at least two digits, of which the smallest numbers need one only.
    BigDecimal one = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
    return one.doubleValue() == value ? one : decimal;
  }

  private static String placed(String digits, int point) {
    int count = digits.length();
    if (count <= point && point <= PLAIN_DIGITS) {
      return digits + "0".repeat(point - count);
    }
    if (0 < point && point <= PLAIN_DIGITS) {
      return digits.substring(0, point) + "." + digits.substring(point);
    }
    if (-PLAIN_ZEROS < point && point <= 0) {
      return "0." + "0".repeat(-point) + digits;
    }
    int exponent = point - 1;
    String mantissa = count == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return mantissa + "e" + (exponent < 0 ? "-" : "+") + Math.abs(exponent);
  }
}
