package io.tailwater.ai.model;

import java.util.List;

/**
 * What a scripted model has to say. In every text, {@code %1$s} is the question and {@code %2$s} is
 * its subject. Every section ends whole, so that any other may follow.
 *
 * @param openings begin an answer
 * @param closings end it
 * @param sentences fill it up
 * @param firstKinds kinds of sections that every answer should have, if it is long enough
 * @param kinds all kinds of sections
 */
record Phrasebook(
    List<String> openings,
    List<String> closings,
    List<String> sentences,
    List<List<String>> firstKinds,
    List<List<String>> kinds) {}
