package io.tailwater.ai;

import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.ai.upstream.Upstream;
import io.tailwater.service.Bounds;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * A model behind a server that speaks OpenAI's protocol, {@code tailwater.ai.models.NAME}.
 *
 * @param name for the configuration alone
 * @param url where the paths of the server's API begin
 * @param key that the server knows us by; empty for none
 * @param keyFile a file with this key; empty for none
 * @param model the server's name of the model; empty: {@code name}
 * @param id the name that our clients use; empty: {@code model}
 * @param aliases other names that clients may use
 * @param silence how long the server may send nothing in the middle of an answer, or before it
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
    @Bindable(defaultValue = "2m") Duration silence) {

  /** Where the models are. */
  static final String PREFIX = AiConfiguration.PREFIX + ".models";

  ModelConfiguration {
    Bounds bounds = new Bounds(PREFIX + "." + name);
    model = model.isBlank() ? name : model;
    id = id.isBlank() ? model : id;
    // An unset list arrives as one blank entry.
    aliases = aliases.stream().filter(alias -> !alias.isBlank()).toList();
    requireUrl(bounds, "url", url);
    bounds.require(
        key.isBlank() || keyFile.isBlank(), "key-file", "set, and so is key", "one of the two");
    bounds.between("silence", silence, Duration.ofMillis(100), Duration.ofHours(1));
  }

  static void requireUrl(Bounds bounds, String key, String url) {
    bounds.require(
        isHttp(url),
        key,
        Bounds.quoted(url),
        "an http or https URL, for instance http://localhost:11434/v1");
  }

  private static boolean isHttp(String url) {
    try {
      URI uri = URI.create(url);
      return uri.getHost() != null && List.of("http", "https").contains(uri.getScheme());
    } catch (IllegalArgumentException e) {
      return false;
    }
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
