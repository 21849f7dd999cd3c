package io.tailwater.edge;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.tailwater.edge");

  @Test
  void itIsReadAtAll() {
    assertThat(CLASSES.contain(Cursor.class)).isTrue();
  }

  @Test
  void aTransportFolderIsDeletable() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.tailwater.edge.sse..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.tailwater.edge.sse..")
        .check(CLASSES);
  }

  @Test
  void accessKnowsNothingOfWhatItGuards() {
    noClasses()
        .that()
        .resideInAPackage("io.tailwater.edge.access..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.tailwater.edge.publish..", "io.tailwater.edge.sse..", "io.tailwater.edge.dev..")
        .check(CLASSES);
  }

  @Test
  void aTransportWritesAndKnowsNeitherWhoReadsNorHowEventsComeIn() {
    noClasses()
        .that()
        .implement(Transport.class)
        .or()
        .implement(WireFormat.class)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.tailwater.edge.access..", "io.tailwater.edge.publish..", "io.tailwater.edge.dev..")
        .check(CLASSES);
  }

  @Test
  void nothingRestsOnTheFaultButtons() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.tailwater.edge.dev..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.tailwater.edge.dev..")
        .check(CLASSES);
  }

  @Test
  void theGatewayKnowsNeitherKafkaNorItsNeighbours() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.apache.kafka..",
            "org.rocksdb..",
            "io.tailwater.core..",
            "io.tailwater.ai..",
            "io.tailwater.launcher..",
            "io.tailwater.embedded..")
        .check(CLASSES);
  }

  @Test
  void noReactiveOperatorAndNoSerialisationOnTheWayOfAnEvent() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(EdgeHealth.class) // whose interface wants a publisher
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "reactor..", "org.reactivestreams..", "com.fasterxml.jackson.databind..")
        .check(CLASSES);
  }

  @Test
  void onlyTakeoverKnowsTheHttpServerFromWithin() {
    noClasses()
        .that(not(resideInTakeover()))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.micronaut.http.server.netty..")
        .check(CLASSES);
  }

  @Test
  void timeIsAParameter() {
    noClasses()
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Instant.class, "now")
        .check(CLASSES);
  }

  @Test
  void classesAreFinalUnlessTheirSubclassesAreListed() {
    classes()
        .that()
        .areNotInterfaces()
        .and()
        .areNotAnonymousClasses()
        .and(isWrittenByHand())
        .should(beFinalSealedOrAbstract())
        .check(CLASSES);
  }

  /** What Micronaut's processors generate has a dollar in front of its name. */
  private static DescribedPredicate<JavaClass> isWrittenByHand() {
    return DescribedPredicate.describe(
        "are written by hand",
        type -> !type.getSimpleName().contains("$") && !type.getName().contains(".$"));
  }

  private static DescribedPredicate<JavaClass> resideInTakeover() {
    return DescribedPredicate.describe(
        "Takeover", type -> type.getName().startsWith(Takeover.class.getName()));
  }

  private static ArchCondition<JavaClass> beFinalSealedOrAbstract() {
    return new ArchCondition<>("be final, sealed or abstract") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        boolean closed =
            type.getModifiers().contains(JavaModifier.FINAL)
                || type.getModifiers().contains(JavaModifier.ABSTRACT)
                || type.isEnum()
                || type.reflect().isSealed();
        events.add(new SimpleConditionEvent(type, closed, type.getName() + " may be extended"));
      }
    };
  }
}
