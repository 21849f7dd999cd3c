package io.tailwater.ai;

import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.ai.generation.Places;
import io.tailwater.ai.lease.Quotas;
import io.tailwater.ai.stream.Price;
import io.tailwater.ai.upstream.Upstream;
import io.tailwater.service.Bounds;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model behind a server that speaks OpenAI's protocol, with its limits and prices, {@code
 * tailwater.ai.models.NAME}. Without a URL, the limits and prices of a mock or of a model that
 * {@code tailwater.ai.upstream} offers.
 *
 * @param name for the configuration alone
 * @param url where the paths of the server's API begin; empty: the model exists without this entry
 * @param key that the server knows us by; empty for none
 * @param keyFile a file with this key; empty for none
 * @param model the server's name of the model; empty: {@code name}
 * @param id the name that our clients use; empty: {@code model}
 * @param aliases other names that clients may use
 * @param silence how long the server may send nothing in the middle of an answer, or before it
 * @param maxRunning its answers that run at once in this instance; 0 for no limit of its own
 * @param maxQueued its answers that wait in this instance; 0 for no limit of its own
 * @param tokensPerMinute that all users together may use in a minute, over all instances; 0 for no
 *     limit
 * @param tokensPerDay the same in a day
 * @param tokensPerMinutePerSubject that a subject may use of it in a minute; 0 for no limit of its
 *     own
 * @param tokensPerDayPerSubject the same in a day
 * @param promptPrice of a million tokens of prompts; absent: 0, if there is a {@code
 *     completionPrice}
 * @param completionPrice of a million tokens of answers; absent: 0, if there is a {@code
 *     promptPrice}
 */
@EachProperty(ModelConfiguration.PREFIX)
record ModelConfiguration(
    @Parameter String name,
    @Bindable(defaultValue = "") String url,
    @Bindable(defaultValue = "") String key,
    @Bindable(defaultValue = "") String keyFile,
    @Bindable(defaultValue = "") String model,
    @Bindable(defaultValue = "") String id,
    @Bindable(defaultValue = "") List<String> aliases,
    @Bindable(defaultValue = "2m") Duration silence,
    @Bindable(defaultValue = "0") int maxRunning,
    @Bindable(defaultValue = "0") int maxQueued,
    @Bindable(defaultValue = "0") long tokensPerMinute,
    @Bindable(defaultValue = "0") long tokensPerDay,
    @Bindable(defaultValue = "0") long tokensPerMinutePerSubject,
    @Bindable(defaultValue = "0") long tokensPerDayPerSubject,
    @Nullable BigDecimal promptPrice,
    @Nullable BigDecimal completionPrice) {

  /** Where the models are. */
  static final String PREFIX = AiConfiguration.PREFIX + ".models";

  private static final BigDecimal MAX_PRICE = BigDecimal.valueOf(1_000_000);
  private static final int MAX_DECIMALS = 12;

  ModelConfiguration {
    Bounds bounds = new Bounds(PREFIX + "." + name);
    model = model.isBlank() ? name : model;
    id = id.isBlank() ? model : id;
    // An unset list arrives as one blank entry.
    aliases = aliases.stream().filter(alias -> !alias.isBlank()).toList();
    if (!url.isBlank()) {
      requireUrl(bounds, "url", url);
    }
    bounds.require(
        key.isBlank() || keyFile.isBlank(), "key-file", "set, and so is key", "one of the two");
    bounds.between("silence", silence, Duration.ofMillis(100), Duration.ofHours(1));
    bounds.between("max-running", maxRunning, 0, 100_000);
    bounds.between("max-queued", maxQueued, 0, 100_000);
    bounds.between("tokens-per-minute", tokensPerMinute, 0, AiConfiguration.MAX_QUOTA);
    bounds.between("tokens-per-day", tokensPerDay, 0, AiConfiguration.MAX_QUOTA);
    bounds.between(
        "tokens-per-minute-per-subject", tokensPerMinutePerSubject, 0, AiConfiguration.MAX_QUOTA);
    bounds.between(
        "tokens-per-day-per-subject", tokensPerDayPerSubject, 0, AiConfiguration.MAX_QUOTA);
    requirePrice(bounds, "prompt-price", promptPrice);
    requirePrice(bounds, "completion-price", completionPrice);
  }

  static void requireUrl(Bounds bounds, String key, String url) {
    bounds.require(
        isHttp(url),
        key,
        Bounds.quoted(url),
        "an http or https URL, for instance http://localhost:11434/v1");
  }

  private static void requirePrice(Bounds bounds, String key, @Nullable BigDecimal price) {
    bounds.require(
        price == null
            || (price.signum() >= 0
                && price.compareTo(MAX_PRICE) <= 0
                && price.stripTrailingZeros().scale() <= MAX_DECIMALS),
        key,
        Bounds.quoted(price),
        "0 to " + MAX_PRICE + ", with at most " + MAX_DECIMALS + " decimals");
  }

  private static boolean isHttp(String url) {
    try {
      URI uri = URI.create(url);
      return uri.getHost() != null && List.of("http", "https").contains(uri.getScheme());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Whether it is a model of its own, and not the terms of one that exists without it. */
  boolean hasServer() {
    return !url.isBlank();
  }

  /** How many of its answers may run and wait in this instance. */
  Places.ModelLimits places() {
    return new Places.ModelLimits(maxRunning, maxQueued);
  }

  /** How many of its tokens may be used. */
  Quotas.ModelLimits quotas() {
    return new Quotas.ModelLimits(
        new Quotas.Limits(tokensPerMinutePerSubject, tokensPerDayPerSubject),
        new Quotas.Limits(tokensPerMinute, tokensPerDay));
  }

  /** What it costs, if that is configured. */
  Optional<Price> price(String currency) {
    return promptPrice == null && completionPrice == null
        ? Optional.empty()
        : Optional.of(new Price(orZero(promptPrice), orZero(completionPrice), currency));
  }

  private static BigDecimal orZero(@Nullable BigDecimal price) {
    return price == null ? BigDecimal.ZERO : price;
  }

  /** The server, with its key. */
  Upstream upstream() {
    return new Upstream(
        URI.create(url), KeyFile.keyOf(PREFIX + "." + name, "key-file", key, keyFile), silence);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return name + " at " + url;
  }
}
