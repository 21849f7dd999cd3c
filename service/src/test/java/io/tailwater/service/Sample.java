package io.tailwater.service;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.context.annotation.Requires;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A service with a setting of every type. */
final class Sample {
  static final Program PROGRAM =
      Program.of("sample", "sample-", "tailwater.core", "tailwater.namespaces")
          .withNamed("tailwater.namespaces", Room.class);

  private Sample() {}

  /** Runs it as a process. */
  public static void main(String[] args) throws InterruptedException {
    PROGRAM.run();
  }

  @ConfigurationProperties("tailwater.core")
  record Settings(
      @Bindable(defaultValue = "10") int count,
      @Bindable(defaultValue = "10") long bytes,
      @Bindable(defaultValue = "10s") Duration lagLimit,
      @Bindable(defaultValue = "false") boolean open,
      @Bindable(defaultValue = "a") List<String> places,
      @Bindable(defaultValue = "x") String word,
      @Nullable Long seed) {
    Settings {
      new Bounds("tailwater.core").between("count", count, 1, 100);
    }
  }

  @EachProperty("tailwater.namespaces")
  record Room(
      @Parameter String name,
      @Bindable(defaultValue = "8") int partitions,
      @Nullable Duration maxAge) {}

  /** Uses the settings at start, as services do. */
  @Context
  @Requires(property = "tailwater.service", value = "sample")
  static final class User {
    final Settings settings;
    final List<Room> rooms;

    User(Settings settings, List<Room> rooms) {
      this.settings = settings;
      this.rooms = rooms;
    }
  }

  /** Says when the service has been closed, if its name is {@code announced}. */
  @Context
  @Requires(property = "tailwater.instance", value = "announced")
  static final class Announcer {
    @PreDestroy
    void close() {
      System.out.println("closed");
    }
  }
}
