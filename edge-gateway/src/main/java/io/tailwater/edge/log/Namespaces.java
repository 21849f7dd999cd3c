package io.tailwater.edge.log;

import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Platform;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PresenceKind;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The namespaces and their rules, as an event-core last reported them. Any thread. */
public final class Namespaces {
  private static final Logger LOG = LoggerFactory.getLogger(Namespaces.class);

  private final ChannelLog log;
  private volatile @Nullable Map<String, Namespace> known;
  private volatile @Nullable Platform platform;

  public Namespaces(ChannelLog log) {
    this.log = log;
  }

  /** Asks an event-core. If it does not answer, the known namespaces stay. */
  public CompletableFuture<Boolean> refresh() {
    return log.namespaces()
        .handle(
            (page, failure) -> {
              if (failure != null) {
                LOG.debug("namespaces cannot be read: {}", failure.getMessage());
                return false;
              }
              name(page.getPlatform());
              known =
                  page.getNamespacesList().stream()
                      .collect(
                          Collectors.toUnmodifiableMap(Namespace::getName, Function.identity()));
              return true;
            });
  }

  private void name(String reported) {
    Platform before = platform;
    if (!Platform.isName(reported) || (before != null && before.name().equals(reported))) {
      return;
    }
    if (before != null) {
      LOG.warn("the platform is now {}, it was {}", reported, before.name());
    }
    platform = new Platform(reported);
  }

  /** The platform's name, as an event-core last reported it; null until then. */
  public @Nullable Platform platform() {
    return platform;
  }

  /** The beginning of the platform's keys and channels in Redis; null until it is reported. */
  public @Nullable String prefix() {
    Platform named = platform;
    return named == null ? null : named.prefix();
  }

  /** The names of those whose channels can have members. */
  public List<String> withPresence() {
    Map<String, Namespace> all = known;
    return all == null
        ? List.of()
        : all.values().stream()
            .filter(one -> one.getPresence() != PresenceKind.PRESENCE_NONE)
            .map(Namespace::getName)
            .toList();
  }

  /** Whether any event-core has reported them. */
  public boolean ready() {
    return known != null;
  }

  /** Whether a client without a token may do anything; true until they are reported. */
  public boolean anonymous() {
    Map<String, Namespace> all = known;
    return all == null
        || all.values().stream()
            .anyMatch(one -> one.getAnonymousSubscribe() || one.getAnonymousPublish());
  }

  /** Whether a client without a token may publish anywhere; true until they are reported. */
  public boolean anonymousPublish() {
    Map<String, Namespace> all = known;
    return all == null || all.values().stream().anyMatch(Namespace::getAnonymousPublish);
  }

  /**
   * The rules of a namespace.
   *
   * @throws RequestException {@code not_found}, or {@code unavailable} until they are reported
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
          "unknown namespace '"
              + name
              + "'; known are "
              + String.join(", ", all.keySet().stream().sorted().toList())
              + "; to add it, set tailwater.namespaces."
              + (Channel.isNamespace(name) ? name : "NAME")
              + ".topic for the event-cores and restart them");
    }
    return namespace;
  }
}
