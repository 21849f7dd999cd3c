package io.tailwater.ai.upstream;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.ModelException.Kind;
import io.tailwater.ai.model.ModelSource;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The models that a server offers. The list is asked for when it is needed, and kept for {@value
 * #KEPT_SECONDS} s. Any thread; blocks it.
 */
public final class OfferedModels implements ModelSource {
  private static final int KEPT_SECONDS = 30;
  private static final int MAX_MODELS = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private final Upstream upstream;
  private final Surroundings surroundings;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private Map<String, Model> models = Map.of();

  @GuardedBy("lock")
  private long askedNanos;

  OfferedModels(Upstream upstream, Surroundings surroundings) {
    this.upstream = upstream;
    this.surroundings = surroundings;
  }

  @Override
  public Map<String, Model> byName() throws ModelException, InterruptedException {
    lock.lockInterruptibly();
    try {
      long now = surroundings.ticker().nanos();
      if (models.isEmpty() || now - askedNanos > TimeUnit.SECONDS.toNanos(KEPT_SECONDS)) {
        Map<String, Model> asked = ask();
        if (asked == null && models.isEmpty()) {
          throw new ModelException(
              Kind.FAILED, "the models of " + upstream + " cannot be listed now");
        }
        models = asked == null ? models : asked;
        askedNanos = now;
      }
      return models;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Map<String, Model> ask() throws InterruptedException {
    try {
      HttpResponse<String> response =
          surroundings
              .http()
              .send(
                  upstream.request("models").timeout(PATIENCE).GET().build(),
                  BodyHandlers.ofString());
      JsonNode list =
          response.statusCode() == 200
              ? surroundings.json().readValue(response.body(), Argument.of(JsonNode.class))
              : null;
      JsonNode data = list != null && list.isObject() ? list.get("data") : null;
      return data == null || !data.isArray() ? null : models(data);
    } catch (IOException e) {
      return null;
    }
  }

  private Map<String, Model> models(JsonNode data) {
    Map<String, Model> found = new LinkedHashMap<>();
    for (JsonNode each : data.values()) {
      JsonNode id = each.isObject() ? each.get("id") : null;
      if (id != null && id.isString() && found.size() < MAX_MODELS) {
        String name = id.getStringValue();
        found.put(name, new UpstreamModel(name, upstream, name, surroundings));
      }
    }
    return found;
  }
}
