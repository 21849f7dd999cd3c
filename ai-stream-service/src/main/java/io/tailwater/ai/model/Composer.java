package io.tailwater.ai.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Owned by one thread: composes one answer to a question out of a {@link Phrasebook}: an opening
 * that quotes the question, then sections in random order: the kinds that every answer should have,
 * then the other kinds, each once before any is repeated.
 */
final class Composer {
  private static final int QUOTED_POINTS = 80;

  /** After so many texts that did not fit, the room left is taken as too small for any. */
  private static final int REFUSALS = 4;

  private final Random random;
  private final Phrasebook phrases;
  private final String topic;
  private final String subject;
  private final Deque<List<String>> kinds;

  Composer(String question, Phrasebook phrases, Random random) {
    this.random = random;
    this.phrases = phrases;
    this.topic = topic(question);
    this.subject = Subject.of(question);
    this.kinds = shuffled(phrases.firstKinds());
  }

  /** The tokens of an answer that goes on for ever. */
  Iterator<String> endless() {
    return new Iterator<>() {
      private Iterator<String> section = Tokens.of(opening()).iterator();

      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public String next() {
        if (!section.hasNext()) {
          section = Tokens.of(section()).iterator();
        }
        return section.next();
      }
    };
  }

  /**
   * The tokens of an answer that has just so many and ends well: as many sections as fit, then
   * sentences, then a closing one. What is missing then is made up by cutting words in two, as
   * models' vocabularies do with rarer ones. Too few for even an opening: it breaks off.
   */
  List<String> ending(int length) {
    List<String> tokens = new ArrayList<>(Tokens.of(opening()));
    List<String> closing = Tokens.of(filled(pick(phrases.closings())));
    int room = length - closing.size();
    if (tokens.size() > room) {
      return exactly(tokens, length);
    }
    addWhileFits(tokens, room, this::section);
    addWhileFits(tokens, room, () -> pick(phrases.sentences()) + "\n\n");
    tokens.addAll(closing);
    return exactly(tokens, length);
  }

  private static void addWhileFits(List<String> tokens, int room, Supplier<String> texts) {
    String last = "";
    for (int refused = 0; refused < REFUSALS; ) {
      String text = texts.get();
      List<String> more = Tokens.of(text);
      if (tokens.size() + more.size() <= room && !text.equals(last)) {
        tokens.addAll(more);
        last = text;
      } else {
        refused++;
      }
    }
  }

  /** Cuts words in two until there are so many tokens; the text stays the same. */
  private static List<String> exactly(List<String> tokens, int length) {
    List<String> result = new ArrayList<>(length);
    List<String> rest = tokens;
    while (rest.size() < length) {
      int missing = length - rest.size();
      List<String> finer = new ArrayList<>(length);
      for (String token : rest) {
        int half = missing > 0 ? half(token) : 0;
        if (half > 0) {
          finer.add(token.substring(0, half));
          missing--;
        }
        finer.add(token.substring(half));
      }
      if (finer.size() == rest.size()) {
        throw new IllegalStateException("a text of " + rest.size() + " signs can't be " + length);
      }
      rest = finer;
    }
    result.addAll(rest.subList(0, length));
    return result;
  }

  /** Where to cut a token in two, at a code point; 0 if it is one. */
  private static int half(String token) {
    int points = token.codePointCount(0, token.length());
    return token.offsetByCodePoints(0, points / 2);
  }

  private String opening() {
    return filled(pick(phrases.openings()));
  }

  private String section() {
    if (kinds.isEmpty()) {
      kinds.addAll(shuffled(phrases.kinds()));
    }
    return filled(pick(kinds.removeFirst()));
  }

  private String filled(String text) {
    return text.replace("%s", topic).replace("%1$s", topic).replace("%2$s", subject);
  }

  private Deque<List<String>> shuffled(List<List<String>> texts) {
    List<List<String>> order = new ArrayList<>(texts);
    Collections.shuffle(order, random);
    return new ArrayDeque<>(order);
  }

  private String pick(List<String> texts) {
    return texts.get(random.nextInt(texts.size()));
  }

  /** The question on one line, shortened at a code point if it is long. */
  private static String topic(String question) {
    String line = question.strip().replaceAll("\\s+", " ");
    if (line.codePointCount(0, line.length()) <= QUOTED_POINTS) {
      return line;
    }
    return line.substring(0, line.offsetByCodePoints(0, QUOTED_POINTS)).stripTrailing() + "…";
  }
}
