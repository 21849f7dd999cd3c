package io.tailwater.edge.access;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.util.List;

/**
 * Immutable: where subject and grants are found in tokens of other issuers. Names of nested claims
 * are joined by dots.
 *
 * @param subject the claim with the subject
 * @param grants claims with grants: objects like our own {@code tw}, lists, or texts of words
 */
@ConfigurationProperties("tailwater.edge.claims")
public record ClaimsConfiguration(
    @Bindable(defaultValue = "sub") String subject,
    @Bindable(defaultValue = "tw") List<String> grants) {
  /** Refuses values out of bounds. */
  public ClaimsConfiguration {
    new Bounds("tailwater.edge.claims").notBlank("subject", subject, "the name of a claim");
    grants = grants.stream().filter(claim -> !claim.isBlank()).toList();
  }
}
