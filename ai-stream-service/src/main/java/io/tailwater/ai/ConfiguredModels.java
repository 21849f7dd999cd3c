package io.tailwater.ai;

import io.tailwater.ai.generation.Models;
import io.tailwater.ai.generation.Places;
import io.tailwater.ai.lease.Quotas;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ModelSource;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.ai.stream.Price;
import io.tailwater.ai.upstream.Upstreams;
import io.tailwater.service.Bounds;
import io.tailwater.service.Ticker;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The models as they are configured, with the limits and prices of each. Immutable.
 *
 * @param places by the model's name, how many of its answers may run and wait
 * @param quotas by the model's name, how many of its tokens may be used
 * @param prices by the model's name, what it costs; only those that have a price
 */
record ConfiguredModels(
    Models models,
    Map<String, Places.ModelLimits> places,
    Map<String, Quotas.ModelLimits> quotas,
    Map<String, Price> prices) {

  /**
   * Reads the configuration.
   *
   * @throws io.tailwater.service.StartException if it contradicts itself
   */
  static ConfiguredModels of(
      AiConfiguration ai, List<ModelConfiguration> given, Upstreams upstreams, Ticker ticker) {
    // So that it is the same one on every instance that is the first.
    List<ModelConfiguration> configured =
        given.stream().sorted(Comparator.comparing(ModelConfiguration::name)).toList();
    SequencedMap<String, Model> own = new LinkedHashMap<>();
    for (ModelConfiguration each : configured) {
      if (each.hasServer()) {
        own.put(each.id(), upstreams.model(each.id(), each.upstream(), each.model()));
      }
    }
    for (Model mock : mocks(ai, ticker)) {
      own.putIfAbsent(mock.name(), mock);
    }
    Map<String, String> aliases = new HashMap<>();
    Map<String, Places.ModelLimits> places = new HashMap<>();
    Map<String, Quotas.ModelLimits> quotas = new HashMap<>();
    Map<String, Price> prices = new HashMap<>();
    Set<String> ids = new HashSet<>();
    for (ModelConfiguration each : configured) {
      Bounds bounds = new Bounds(ModelConfiguration.PREFIX + "." + each.name());
      bounds.require(
          ids.add(each.id()), "id", Bounds.quoted(each.id()), "an id that no other model has");
      bounds.require(
          each.hasServer() || own.containsKey(each.id()) || !ai.upstream().isBlank(),
          "url",
          "unset",
          "an http or https URL; it may be unset for the mocks and for the models of "
              + AiConfiguration.PREFIX
              + ".upstream");
      each.aliases().forEach(alias -> aliases.put(alias, each.id()));
      places.put(each.id(), each.places());
      quotas.put(each.id(), each.quotas());
      each.price(ai.currency()).ifPresent(price -> prices.put(each.id(), price));
    }
    ModelSource offered = ModelSource.NONE;
    if (ai.upstream().isBlank()) {
      requireModel(ai.model(), own, aliases);
    } else {
      offered = upstreams.offered(ai.offering());
    }
    return new ConfiguredModels(
        new Models(own, aliases, offered, ai.model()), places, quotas, prices);
  }

  private static List<Model> mocks(AiConfiguration ai, Ticker ticker) {
    OptionalLong seed = ai.seed() == null ? OptionalLong.empty() : OptionalLong.of(ai.seed());
    ScriptedModel.Terms terms =
        new ScriptedModel.Terms(ai.tokensPerSecond(), ai.defaultTokens(), seed);
    return List.of(ScriptedModel.plain(terms, ticker), ScriptedModel.stress(terms, ticker));
  }

  /** What an upstream offers cannot be known yet. */
  private static void requireModel(
      String name, Map<String, Model> own, Map<String, String> aliases) {
    new Bounds(AiConfiguration.PREFIX)
        .require(
            name.isEmpty() || own.containsKey(aliases.getOrDefault(name, name)),
            "model",
            Bounds.quoted(name),
            String.join(", ", own.keySet()));
  }
}
