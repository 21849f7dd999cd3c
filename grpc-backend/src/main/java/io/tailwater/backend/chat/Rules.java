package io.tailwater.backend.chat;

import io.tailwater.client.ChannelLog;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The rules of the namespaces, as an event-core last reported them. Any thread. */
public final class Rules {
  private final ChannelLog log;
  private volatile @Nullable Map<String, Namespace> known;

  /** Knows nothing yet. */
  public Rules(ChannelLog log) {
    this.log = log;
  }

  /** Asks an event-core. If it does not answer, what is known stays, and the answer is false. */
  public CompletableFuture<Boolean> refresh() {
    return log.namespaces()
        .handle(
            (page, failure) -> {
              if (failure != null) {
                return false;
              }
              known =
                  page.getNamespacesList().stream()
                      .collect(
                          Collectors.toUnmodifiableMap(Namespace::getName, Function.identity()));
              return true;
            });
  }

  /**
   * The rules of a namespace.
   *
   * @throws RequestException {@code not_found}, or {@code unavailable} until they are reported
   */
  Namespace of(String name) {
    Map<String, Namespace> all = known;
    if (all == null) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "the backend is starting; try again");
    }
    Namespace rules = all.get(name);
    if (rules == null) {
      throw new RequestException(ErrorCode.NOT_FOUND, "unknown namespace '" + name + "'");
    }
    return rules;
  }
}
