package io.tailwater.edge.log;

import io.tailwater.client.ChannelLog;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The namespaces and their rules, as the event-cores have them. Any thread. */
public final class Namespaces {
  private static final Logger LOG = LoggerFactory.getLogger(Namespaces.class);

  private final ChannelLog log;
  private volatile @Nullable Map<String, Namespace> known;

  public Namespaces(ChannelLog log) {
    this.log = log;
  }

  /** Asks the event-cores; what was known before stays if they don't answer. */
  public CompletableFuture<Boolean> refresh() {
    return log.namespaces()
        .handle(
            (page, failure) -> {
              if (failure != null) {
                LOG.debug("namespaces cannot be had: {}", failure.getMessage());
                return false;
              }
              known =
                  page.getNamespacesList().stream()
                      .collect(
                          Collectors.toUnmodifiableMap(Namespace::getName, Function.identity()));
              return true;
            });
  }

  /** Whether they have been heard of at all. */
  public boolean ready() {
    return known != null;
  }

  /** Whether a client without a token may do anything; true while none has been heard of. */
  public boolean anonymous() {
    Map<String, Namespace> all = known;
    return all == null
        || all.values().stream()
            .anyMatch(one -> one.getAnonymousSubscribe() || one.getAnonymousPublish());
  }

  /**
   * The rules of a namespace.
   *
   * @throws RequestException {@code not_found}, or {@code unavailable} while none has been heard of
   */
  public Namespace get(String name) {
    Map<String, Namespace> all = known;
    if (all == null) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "the platform is starting; try again");
    }
    Namespace namespace = all.get(name);
    if (namespace == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND,
          "there is no namespace '"
              + name
              + "': "
              + String.join(", ", all.keySet().stream().sorted().toList()));
    }
    return namespace;
  }
}
