package io.tailwater.ai;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.service.Bounds;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a generation is allowed, {@code tailwater.ai}.
 *
 * @param eventCores {@code host:port} of each event-core's gRPC; at least one
 * @param model the model of those who name none
 * @param tokensPerSecond how fast the scripted model writes; 1 to 100,000
 * @param seed of the scripted model, for those who give none; absent: made from the prompt
 * @param defaultTokens how many tokens an answer has if nobody says; 1 to {@code maxTokens}
 * @param maxTokens most tokens that may be asked for; 1 to 1,000,000
 * @param maxPromptChars longest prompt, all messages together, UTF-16 units; bounded by gRPC's
 *     message size
 * @param maxRunning generations that run at once in this instance; further ones are refused
 * @param rollUp how long tokens gather before they are published; 1 ms to 5 s
 * @param createTimeout how long a caller waits until a generation's start or end is in the log
 * @param shutdownGrace how long running generations have to publish their end when the service
 *     stops
 */
@ConfigurationProperties("tailwater.ai")
record AiConfiguration(
    @Bindable(defaultValue = "127.0.0.1:7010") List<String> eventCores,
    @Bindable(defaultValue = ScriptedModel.NAME) String model,
    @Bindable(defaultValue = "50") int tokensPerSecond,
    @Nullable Long seed,
    @Bindable(defaultValue = "300") int defaultTokens,
    @Bindable(defaultValue = "32768") int maxTokens,
    @Bindable(defaultValue = "200000") int maxPromptChars,
    @Bindable(defaultValue = "1000") int maxRunning,
    @Bindable(defaultValue = "40ms") Duration rollUp,
    @Bindable(defaultValue = "9s") Duration createTimeout,
    @Bindable(defaultValue = "5s") Duration shutdownGrace) {

  /** Its place in the configuration. */
  static final String PREFIX = "tailwater.ai";

  AiConfiguration {
    eventCores = List.copyOf(eventCores);
    Bounds bounds = new Bounds(PREFIX);
    bounds.addresses("event-cores", eventCores, "event-core");
    bounds.between("tokens-per-second", tokensPerSecond, 1, 100_000);
    bounds.between("max-tokens", maxTokens, 1, 1_000_000);
    bounds.between("default-tokens", defaultTokens, 1, maxTokens);
    bounds.between("max-prompt-chars", maxPromptChars, 1, 1_000_000);
    bounds.between("max-running", maxRunning, 1, 100_000);
    bounds.between("roll-up", rollUp, Duration.ofMillis(1), Duration.ofSeconds(5));
    bounds.between("create-timeout", createTimeout, Duration.ofMillis(10), Duration.ofMinutes(5));
    bounds.between("shutdown-grace", shutdownGrace, Duration.ZERO, Duration.ofMinutes(5));
  }
}
