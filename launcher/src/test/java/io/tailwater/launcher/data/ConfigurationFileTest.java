package io.tailwater.launcher.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigurationFileTest {
  private final Path file;

  ConfigurationFileTest(@TempDir Path folder) {
    file = folder.resolve("tailwater.yml");
  }

  @Test
  void namesAreDottedAndListsStayLists() throws IOException {
    write(
        """
        tailwater:
          namespaces:
            orders: {topic: shop.orders, partitions: 12}
            notes:
          edge:
            origins: ["https://a.example"]
        """);
    assertThat(ConfigurationFile.read(file))
        .containsEntry("tailwater.namespaces.orders.topic", "shop.orders")
        .containsEntry("tailwater.namespaces.orders.partitions", 12)
        .containsEntry("tailwater.namespaces.notes.topic", "notes")
        .containsEntry("tailwater.edge.origins", List.of("https://a.example"))
        .hasSize(4);
  }

  @Test
  void anEmptyFileSaysNothing() throws IOException {
    write("# nothing\n");
    assertThat(ConfigurationFile.read(file)).isEmpty();
  }

  @Test
  void whatIsNoYamlOrNoMapOrNotThereIsOneSentence() throws IOException {
    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("can't be read");
    write("a: [1");
    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("is not YAML");
    write("- a");
    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("must be a map");
  }

  @Test
  void aMisspeltRootAndANameThatOccursTwiceAreRefused() throws IOException {
    write("namespaces: {orders: {partitions: 12}}");
    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("unknown setting namespaces; did you mean tailwater.namespaces?");
    write("tailwatr: {edge: {origins: x}}");
    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("unknown setting tailwatr; did you mean tailwater?");
    write("redis: {uri: 'redis://a'}\nredis: {uris: 'redis://b'}");
    assertThatThrownBy(() -> ConfigurationFile.read(file))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("is not YAML");
  }

  private void write(String text) throws IOException {
    Files.writeString(file, text);
  }
}
