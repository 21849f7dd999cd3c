package io.tailwater.ai.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts text into tokens as language models roughly do: a word with the space before it, long words
 * in pieces, line breaks together, some ASCII signs together, an ideograph or any other sign alone.
 * Concatenated, the tokens are the text, and each is whole code points. A sequence of several code
 * points, such as an emoji family, may well come in several tokens.
 */
public final class Tokens {
  private static final int LONGEST_PIECE = 7;
  private static final int MOST_SIGNS = 3;

  private Tokens() {}

  static List<String> of(String text) {
    List<String> tokens = new ArrayList<>(text.length() / 4 + 1);
    for (int at = 0; at < text.length(); ) {
      int end = end(text, at);
      tokens.add(text.substring(at, end));
      at = end;
    }
    return tokens;
  }

  /** How many tokens a text has, roughly. */
  public static int count(String text) {
    int tokens = 0;
    for (int at = 0; at < text.length(); at = end(text, at)) {
      tokens++;
    }
    return tokens;
  }

  private static int end(String text, int at) {
    int first = text.codePointAt(at);
    if (first == '\n') {
      return runEnd(text, at, '\n');
    }
    int word = first == ' ' ? at + 1 : at;
    int end = wordEnd(text, word);
    if (end > word) {
      return end;
    }
    if (first == ' ') {
      return runEnd(text, at, ' ');
    }
    return isSign(first) ? signsEnd(text, at) : at + Character.charCount(first);
  }

  private static int signsEnd(String text, int from) {
    int at = from;
    while (at < text.length() && at < from + MOST_SIGNS && isSign(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isSign(int point) {
    return point > ' ' && point < 0x7F && !Character.isLetterOrDigit(point);
  }

  private static int wordEnd(String text, int from) {
    int at = from;
    for (int letters = 0; at < text.length() && letters < LONGEST_PIECE; letters++) {
      int point = text.codePointAt(at);
      if (!Character.isLetterOrDigit(point) || isDense(point)) {
        break;
      }
      at += Character.charCount(point);
    }
    return at;
  }

  private static int runEnd(String text, int from, char sign) {
    int at = from;
    while (at < text.length() && text.charAt(at) == sign) {
      at++;
    }
    return at;
  }

  /** A sign of a script that has no spaces, or so few that a sign is a token. */
  private static boolean isDense(int point) {
    return switch (Character.UnicodeScript.of(point)) {
      case HAN, HIRAGANA, KATAKANA, HANGUL -> true;
      default -> false;
    };
  }
}
