package io.tailwater.edge.access;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.util.List;

/**
 * Immutable: what every token of another issuer grants besides what it says, as patterns.
 *
 * @param subscribe channels to read
 * @param publish channels to publish to
 * @param call methods to call
 */
@ConfigurationProperties("tailwater.edge.default-grants")
public record DefaultGrants(
    @Bindable(defaultValue = "") List<String> subscribe,
    @Bindable(defaultValue = "") List<String> publish,
    @Bindable(defaultValue = "") List<String> call) {
  /** As a grant. */
  public Grant grant() {
    return new Grant(set(subscribe), set(publish), set(call));
  }

  /** An unset list arrives as one blank entry. */
  private static List<String> set(List<String> patterns) {
    return patterns.stream().filter(pattern -> !pattern.isBlank()).toList();
  }
}
