package io.tailwater.ai.generation;

import io.tailwater.ai.model.Model;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.contract.RequestException;
import java.util.List;
import java.util.Map;

/**
 * The models of this instance.
 *
 * @param byName at least one
 * @param standard name of the model for requests that name none
 */
public record Models(Map<String, Model> byName, String standard) {
  public Models {
    byName = Map.copyOf(byName);
    if (!byName.containsKey(standard)) {
      throw new IllegalArgumentException(
          "'" + standard + "' is not a model here; there is: " + names(byName));
    }
  }

  /**
   * A model by its name.
   *
   * @param name empty for the standard one
   * @throws RequestException {@code invalid_request}
   */
  Model get(String name) {
    Model model = byName.get(name.isEmpty() ? standard : name);
    if (model == null) {
      throw StreamRequest.invalid(
          "'"
              + StreamRequest.shortened(name)
              + "' is not a model here; there is: "
              + names(byName));
    }
    return model;
  }

  private static String names(Map<String, Model> byName) {
    List<String> sorted = byName.keySet().stream().sorted().toList();
    return String.join(", ", sorted);
  }
}
