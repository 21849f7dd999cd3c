package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The libraries that everything here runs with, against the known advisories on them. */
final class ClassPathTest {
  /** A jar of a Maven repository: {@code …/GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION.jar}. */
  private static final Pattern JAR = Pattern.compile("(.+/([^/]+))/([^/]+)/\\2-\\3[^/]*[.]jar");

  private static final Pattern CONDITION = Pattern.compile("(<|<=|>=) ([0-9][^ ]*)");

  /**
   * @param folder ends in the folders of the group and the artifact
   */
  private record Library(String folder, String version) {
    /** As {@code io.netty:netty-common}. */
    boolean is(String artifact) {
      String[] parts = artifact.split(":");
      return folder.endsWith("/" + parts[0].replace('.', '/') + "/" + parts[1]);
    }
  }

  private record Advisory(String artifact, List<String> conditions, String id, String excuse) {
    boolean affects(Library library) {
      return library.is(artifact)
          && conditions.stream().allMatch(condition -> holds(condition, library.version()));
    }

    private static boolean holds(String condition, String version) {
      Matcher parts = CONDITION.matcher(condition);
      assertThat(parts.matches()).as("'" + condition + "' is a condition").isTrue();
      int order = compare(version, parts.group(2));
      return switch (parts.group(1)) {
        case "<" -> order < 0;
        case "<=" -> order <= 0;
        default -> order >= 0;
      };
    }
  }

  @Test
  void noLibraryHasAKnownFault() {
    List<Library> libraries = libraries();
    assertThat(libraries).hasSizeGreaterThan(80);
    assertThat(advisories())
        .hasSizeGreaterThan(30)
        .allSatisfy(
            advisory -> {
              Optional<Library> affected = libraries.stream().filter(advisory::affects).findFirst();
              if (advisory.excuse().isEmpty()) {
                assertThat(affected).as(advisory.id()).isEmpty();
              } else {
                assertThat(affected)
                    .as("what excuses " + advisory.id() + " is needed no longer")
                    .isPresent();
              }
            });
  }

  @Test
  void everyModuleOfNettyHasOneVersion() {
    assertThat(
            libraries().stream()
                .filter(library -> library.folder().matches(".*/io/netty/netty-(?!tcnative).*")))
        .hasSizeGreaterThan(10)
        .extracting(Library::version)
        .containsOnly(version("netty.version"));
  }

  @ParameterizedTest
  @CsvSource({
    "4.2.9.Final, 4.2.10.Final, -1",
    "4.2.18.Final, 4.2.18.Final, 0",
    "4.2.18.Final, 4.2.18, 0",
    "4.3.0.Final, 4.2.18, 1",
    "33.4.8-jre, 33.4, 1",
    "2.22, 2.22.3, -1",
  })
  void versionsHaveAnOrder(String one, String other, int order) {
    assertThat(Integer.signum(compare(one, other))).isEqualTo(order);
    assertThat(Integer.signum(compare(other, one))).isEqualTo(-order);
  }

  private static String version(String property) {
    Matcher value =
        Pattern.compile("<" + property + ">([^<]+)<").matcher(Repository.read("pom.xml"));
    assertThat(value.find()).isTrue();
    return value.group(1);
  }

  private static List<Library> libraries() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(path.split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .map(JAR::matcher)
        .filter(Matcher::matches)
        .map(jar -> new Library(jar.group(1), jar.group(3)))
        .toList();
  }

  private static List<Advisory> advisories() {
    return Repository.read("build-tools/advisories.txt")
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> List.of(line.split(" [|] ")))
        .map(
            columns -> {
              assertThat(columns).as("columns").hasSizeBetween(4, 5);
              return new Advisory(
                  columns.get(0),
                  List.of(columns.get(1).split(", ")),
                  columns.get(2),
                  columns.size() == 5 ? columns.get(4) : "");
            })
        .toList();
  }

  /** By their numbers; words such as Final do not count. */
  private static int compare(String one, String other) {
    return Arrays.compare(numbers(one), numbers(other));
  }

  private static int[] numbers(String version) {
    return Arrays.copyOf(
        Stream.of(version.split("[.-]"))
            .filter(part -> part.matches("[0-9]{1,9}"))
            .mapToInt(Integer::parseInt)
            .toArray(),
        8);
  }
}
