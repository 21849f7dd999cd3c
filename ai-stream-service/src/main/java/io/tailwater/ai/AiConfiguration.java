package io.tailwater.ai;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.ai.upstream.Upstream;
import io.tailwater.contract.Channel;
import io.tailwater.service.Bounds;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a generation is allowed, {@code tailwater.ai}.
 *
 * @param eventCores {@code host:port} of each event-core's gRPC; at least one
 * @param model the model of those who name none; empty: the first of {@code upstream}, or else the
 *     first configured one, or else the mock
 * @param upstream where the API of a server begins that speaks OpenAI's protocol, and that offers
 *     all its models here; empty for none
 * @param upstreamKey that this server knows us by; empty for none
 * @param upstreamKeyFile a file with this key; empty for none
 * @param upstreamSilence how long this server may send nothing while we wait for it
 * @param tokensPerSecond how fast the mock models write; 1 to 100,000
 * @param seed of the mock models, for those who give none; absent: made from the prompt
 * @param defaultTokens how many tokens an answer has if nobody says; 1 to {@code maxTokens}
 * @param maxTokens most tokens that may be asked for; 1 to 1,000,000
 * @param maxPromptChars longest prompt, all messages together, UTF-16 units; bounded by gRPC's
 *     message size
 * @param maxRunning generations that run at once in this instance; further ones are queued
 * @param maxRunningPerSubject of them, those of one subject; 0 for no limit
 * @param maxRunningPerAddress of them, those from one address; 0 for no limit
 * @param maxQueued generations that wait in this instance; further ones are refused
 * @param maxQueuedPerSubject of them, those of one subject; 0 for no limit
 * @param maxQueuedPerAddress of them, those from one address; 0 for no limit
 * @param tokensPerMinutePerSubject that a subject may use in a minute, over all instances; 0 for no
 *     limit. Clients without a token are limited by their address
 * @param tokensPerDayPerSubject the same in a day
 * @param usageNamespace where usage is published; empty for nowhere
 * @param currency of the prices of models: three capital letters
 * @param usageSubjects how many subjects have metrics of their own
 * @param rollUp how long tokens gather before they are published; 1 ms to 5 s
 * @param createTimeout how long a caller waits until a generation's start or end is in the log
 * @param shutdownGrace how long running generations have to publish their end when the service
 *     stops
 */
@ConfigurationProperties("tailwater.ai")
record AiConfiguration(
    @Bindable(defaultValue = "127.0.0.1:7010") List<String> eventCores,
    @Bindable(defaultValue = "") String model,
    @Bindable(defaultValue = "") String upstream,
    @Bindable(defaultValue = "") String upstreamKey,
    @Bindable(defaultValue = "") String upstreamKeyFile,
    @Bindable(defaultValue = "2m") Duration upstreamSilence,
    @Bindable(defaultValue = "50") int tokensPerSecond,
    @Nullable Long seed,
    @Bindable(defaultValue = "300") int defaultTokens,
    @Bindable(defaultValue = "32768") int maxTokens,
    @Bindable(defaultValue = "200000") int maxPromptChars,
    @Bindable(defaultValue = "1000") int maxRunning,
    @Bindable(defaultValue = "100") int maxRunningPerSubject,
    @Bindable(defaultValue = "200") int maxRunningPerAddress,
    @Bindable(defaultValue = "1000") int maxQueued,
    @Bindable(defaultValue = "20") int maxQueuedPerSubject,
    @Bindable(defaultValue = "100") int maxQueuedPerAddress,
    @Bindable(defaultValue = "0") long tokensPerMinutePerSubject,
    @Bindable(defaultValue = "0") long tokensPerDayPerSubject,
    @Bindable(defaultValue = "") String usageNamespace,
    @Bindable(defaultValue = "USD") String currency,
    @Bindable(defaultValue = "50") int usageSubjects,
    @Bindable(defaultValue = "40ms") Duration rollUp,
    @Bindable(defaultValue = "9s") Duration createTimeout,
    @Bindable(defaultValue = "5s") Duration shutdownGrace) {

  /** Its place in the configuration. */
  static final String PREFIX = "tailwater.ai";

  /** Most tokens of a limit. */
  static final long MAX_QUOTA = 1_000_000_000_000L;

  AiConfiguration {
    eventCores = List.copyOf(eventCores);
    Bounds bounds = new Bounds(PREFIX);
    bounds.addresses("event-cores", eventCores, "event-core");
    if (!upstream.isBlank()) {
      ModelConfiguration.requireUrl(bounds, "upstream", upstream);
    }
    bounds.require(
        upstreamKey.isBlank() || upstreamKeyFile.isBlank(),
        "upstream-key-file",
        "set, and so is upstream-key",
        "one of the two");
    bounds.between(
        "upstream-silence", upstreamSilence, Duration.ofMillis(100), Duration.ofHours(1));
    bounds.between("tokens-per-second", tokensPerSecond, 1, 100_000);
    bounds.between("max-tokens", maxTokens, 1, 1_000_000);
    bounds.between("default-tokens", defaultTokens, 1, maxTokens);
    bounds.between("max-prompt-chars", maxPromptChars, 1, 1_000_000);
    bounds.between("max-running", maxRunning, 1, 100_000);
    bounds.between("max-running-per-subject", maxRunningPerSubject, 0, 100_000);
    bounds.between("max-running-per-address", maxRunningPerAddress, 0, 100_000);
    bounds.between("max-queued", maxQueued, 0, 100_000);
    bounds.between("max-queued-per-subject", maxQueuedPerSubject, 0, 100_000);
    bounds.between("max-queued-per-address", maxQueuedPerAddress, 0, 100_000);
    bounds.between("tokens-per-minute-per-subject", tokensPerMinutePerSubject, 0, MAX_QUOTA);
    bounds.between("tokens-per-day-per-subject", tokensPerDayPerSubject, 0, MAX_QUOTA);
    bounds.require(
        usageNamespace.isEmpty() || Channel.isNamespace(usageNamespace),
        "usage-namespace",
        Bounds.quoted(usageNamespace),
        "the name of a namespace");
    bounds.require(
        currency.matches("[A-Z]{3}"),
        "currency",
        Bounds.quoted(currency),
        "a code of three capital letters, for instance USD");
    bounds.between("usage-subjects", usageSubjects, 0, 1_000);
    bounds.between("roll-up", rollUp, Duration.ofMillis(1), Duration.ofSeconds(5));
    bounds.between("create-timeout", createTimeout, Duration.ofMillis(10), Duration.ofMinutes(5));
    bounds.between("shutdown-grace", shutdownGrace, Duration.ZERO, Duration.ofMinutes(5));
  }

  /** The server that offers all its models. Only if one is configured. */
  Upstream offering() {
    return new Upstream(
        URI.create(upstream),
        KeyFile.keyOf(PREFIX, "upstream-key-file", upstreamKey, upstreamKeyFile),
        upstreamSilence);
  }

  /** Without keys. */
  @Override
  public String toString() {
    return PREFIX;
  }
}
