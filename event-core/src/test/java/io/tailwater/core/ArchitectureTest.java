package io.tailwater.core;

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
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.tailwater.core");

  @Test
  void itIsReadAtAll() {
    assertThat(CLASSES.contain(PartitionFold.class)).isTrue();
  }

  @Test
  void requestsPointDownwardsOnly() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.tailwater.edge..",
            "io.tailwater.ai..",
            "io.tailwater.launcher..",
            "io.tailwater.embedded..")
        .check(CLASSES);
  }

  /** A fold that knew the time would come to another state each time it is done again. */
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
  void theStoreAloneKnowsRocksDb() {
    noClasses()
        .that(
            are(
                "neither the store nor what writes and reads its snapshots",
                type ->
                    !type.getName()
                        .matches(
                            "io\\.tailwater\\.core\\.(Store|StoreException|Page|Pruning|FoldBatch|PartitionFold)(\\$.*)?")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.rocksdb..")
        .check(CLASSES);
  }

  @Test
  void redisIsKnownAtTheBroadcastAlone() {
    noClasses()
        .that(
            are(
                "neither RedisSink nor what puts it together",
                type ->
                    !type.getName()
                        .matches(
                            "io\\.tailwater\\.core\\.(RedisSink|Core|CoreFactory|\\$.*)(\\$.*)?")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.lettuce..")
        .check(CLASSES);
  }

  @Test
  void classesAreFinalUnlessTheirSubclassesAreListed() {
    classes()
        .that()
        .areNotInterfaces()
        .and()
        .areNotAnonymousClasses()
        .and(are("written by hand", type -> !type.getName().contains(".$")))
        .should(
            new ArchCondition<JavaClass>("be final, sealed or abstract") {
              @Override
              public void check(JavaClass type, ConditionEvents events) {
                boolean closed =
                    type.getModifiers().contains(JavaModifier.FINAL)
                        || type.getModifiers().contains(JavaModifier.ABSTRACT)
                        || type.isEnum()
                        || type.reflect().isSealed();
                events.add(
                    new SimpleConditionEvent(type, closed, type.getName() + " may be extended"));
              }
            })
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> are(String what, Predicate<JavaClass> predicate) {
    return DescribedPredicate.describe("are " + what, predicate);
  }
}
