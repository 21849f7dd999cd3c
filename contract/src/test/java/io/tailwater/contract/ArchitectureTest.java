package io.tailwater.contract;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.tailwater.contract");

  @Test
  void itIsReadAtAll() {
    Assertions.assertThat(CLASSES.contain(Channel.class)).isTrue();
  }

  @Test
  void itKnowsNoFrameworkAndNoServer() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.micronaut..", "io.netty..", "org.apache.kafka..", "io.lettuce..", "reactor..")
        .check(CLASSES);
  }

  @Test
  void itKnowsNoServiceOfOurs() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.tailwater.core..",
            "io.tailwater.edge..",
            "io.tailwater.ai..",
            "io.tailwater.launcher..")
        .check(CLASSES);
  }
}
