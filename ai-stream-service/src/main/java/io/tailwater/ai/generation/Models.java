package io.tailwater.ai.generation;

import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.ModelSource;
import io.tailwater.ai.stream.InvalidRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ModelList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The models of this instance. Any thread; may block for as long as the source does.
 *
 * @param own by their names, in an order
 * @param aliases other names of models, own and offered ones
 * @param offered further models, which are asked for when they are needed
 * @param standard name of the model for requests that name none; empty: the first of the offered
 *     ones, or else of the own ones
 */
public record Models(
    SequencedMap<String, Model> own,
    Map<String, String> aliases,
    ModelSource offered,
    String standard) {
  private static final int MAX_LISTED = 50;

  /** Copies the maps. */
  public Models {
    own = new LinkedHashMap<>(own);
    aliases = Map.copyOf(aliases);
  }

  /**
   * A model by its name.
   *
   * @param name empty for the standard one
   * @throws RequestException {@code model_not_found}, {@code unavailable}
   */
  Model get(String name) throws InterruptedException {
    String wanted = name.isEmpty() ? standard : name;
    String id = aliases.getOrDefault(wanted, wanted);
    Model mine = own.get(id);
    if (mine != null) {
      return mine;
    }
    Map<String, Model> others = others();
    if (wanted.isEmpty()) {
      return others.isEmpty() ? own.firstEntry().getValue() : others.values().iterator().next();
    }
    Model other = others.get(id);
    if (other == null) {
      throw new RequestException(
          ErrorCode.MODEL_NOT_FOUND,
          "'"
              + InvalidRequest.shortened(name)
              + "' is not a model here; there is: "
              + String.join(", ", names(others).stream().limit(MAX_LISTED).toList()));
    }
    return other;
  }

  /**
   * All names that requests may use, the standard one first.
   *
   * @throws RequestException {@code unavailable}
   */
  public ModelList list() throws InterruptedException {
    Set<String> names = new LinkedHashSet<>(List.of(get("").name()));
    names.addAll(names(others()));
    return ModelList.newBuilder().addAllNames(names).putAllAliases(aliases).build();
  }

  private List<String> names(Map<String, Model> others) {
    List<String> names = new ArrayList<>(own.keySet());
    others.keySet().stream().filter(name -> !own.containsKey(name)).forEach(names::add);
    return names;
  }

  private Map<String, Model> others() throws InterruptedException {
    try {
      return offered.byName();
    } catch (ModelException e) {
      throw new RequestException(ErrorCode.UNAVAILABLE, e.text() + "; try again");
    }
  }
}
