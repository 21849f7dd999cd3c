package io.tailwater.ai.upstream;

import io.micronaut.serde.ObjectMapper;
import io.tailwater.service.Ticker;
import java.net.http.HttpClient;
import java.util.concurrent.ThreadFactory;
import java.util.random.RandomGenerator;

/**
 * What answers share. Immutable.
 *
 * @param random spreads the pauses between attempts
 * @param threads makes the thread that reads an answer
 */
record Surroundings(
    HttpClient http,
    ObjectMapper json,
    Ticker ticker,
    RandomGenerator random,
    ThreadFactory threads,
    UpstreamMetrics metrics) {}
