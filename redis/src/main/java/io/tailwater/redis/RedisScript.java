package io.tailwater.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * A script that runs in Redis, in one step. It is sent to a server once, and then known there by
 * its digest. Any thread; nothing here waits.
 */
public final class RedisScript {
  private final LazyConnection connection;
  private final String script;

  /**
   * @param owner a class of the module that has the script
   * @param resource where the script is, an absolute path on the class path
   */
  public RedisScript(Redis redis, Class<?> owner, String resource) {
    this.connection = new LazyConnection(redis);
    try (InputStream in = Objects.requireNonNull(owner.getResourceAsStream(resource), resource)) {
      this.script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs it. Fails while Redis cannot be reached; then it may or may not have run.
   *
   * @param key decides on which server of a Cluster; every key of the script is there
   * @return the list that the script returns: texts, {@link Long}s and lists
   */
  public CompletableFuture<List<Object>> call(String key, List<String> arguments) {
    String[] keys = {key};
    String[] values = arguments.toArray(String[]::new);
    return connection
        .get()
        .thenCompose(
            open -> {
              RedisClusterAsyncCommands<String, String> commands = open.commands();
              return commands
                  .<List<Object>>evalsha(
                      commands.digest(script), ScriptOutputType.MULTI, keys, values)
                  .exceptionallyCompose(
                      failure ->
                          isMissing(failure)
                              ? commands.<List<Object>>eval(
                                  script, ScriptOutputType.MULTI, keys, values)
                              : CompletableFuture.failedFuture(failure));
            });
  }

  private static boolean isMissing(Throwable failure) {
    return failure instanceof RedisNoScriptException
        || failure.getCause() instanceof RedisNoScriptException;
  }
}
