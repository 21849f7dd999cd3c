package io.tailwater.system.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
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
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of the house, for every module: here, where all of them are on the class path. */
final class ArchitectureTest {
  private static final String ROOT = "io.tailwater.";
  private static final String EDGE = ROOT + "edge.";
  private static final String CORE = ROOT + "core.";
  private static final int MAX_TYPES = 30;

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("io.tailwater");

  /** What each module may know of the others. */
  private static final Map<String, Set<String>> MODULES =
      Map.of(
          "contract", Set.of(),
          "client", Set.of("contract"),
          "redis", Set.of(),
          "service", Set.of(),
          "core", Set.of("contract", "redis", "service"),
          "edge", Set.of("contract", "client", "redis", "service"),
          "ai", Set.of("contract", "client", "redis", "service"),
          "embedded", Set.of(),
          "servers", Set.of("embedded"),
          "launcher", Set.of("core", "edge", "ai", "embedded", "service"));

  static final Set<String> NAMES = MODULES.keySet();

  @Test
  void everyModuleIsRead() {
    assertThat(
            CLASSES.stream()
                .map(type -> type.getPackageName().split("\\.")[2])
                .filter(module -> !module.equals("system"))
                .collect(Collectors.toSet()))
        .isEqualTo(NAMES);
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void requestsPointDownwardsAndServicesDoNotKnowEachOther(String module) {
    Set<String> allowed = MODULES.getOrDefault(module, Set.of());
    noClasses()
        .that()
        .resideInAPackage(ROOT + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            NAMES.stream()
                .filter(other -> !other.equals(module) && !allowed.contains(other))
                .map(other -> ROOT + other + "..")
                .toArray(String[]::new))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + "(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void classesAreFinalUnlessTheirSubclassesAreListed() {
    classes()
        .that()
        .areNotInterfaces()
        .and()
        .areNotAnonymousClasses()
        .and(areWrittenByHand())
        .should(beFinalSealedOrAbstract())
        .check(CLASSES);
  }

  /** A fold that knew the time would come to another state each time it is done again. */
  @ParameterizedTest
  @ValueSource(strings = {"contract", "client", "redis", "core", "edge", "ai"})
  void timeIsAParameter(String module) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + module + "..")
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .check(CLASSES);
  }

  /** One place of event-core hands clocks on. */
  @Test
  void inEventCoreOnlyItsFactoryHasAClock() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "core..")
        .and(areNot(CORE, "CoreFactory"))
        .should()
        .accessTargetWhere(
            describe(
                "it is a clock, a sleep or chance",
                access ->
                    (access.getTargetOwner().isEquivalentTo(System.class)
                            && Set.of("nanoTime", "currentTimeMillis").contains(access.getName()))
                        || access.getName().equals("sleep")
                        || access.getTargetOwner().isEquivalentTo(ThreadLocalRandom.class)
                        || access.getTargetOwner().isEquivalentTo(InstantSource.class)))
        .check(CLASSES);
  }

  @Test
  void theContractKnowsNoFrameworkAndNoServer() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "contract..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.micronaut..", "io.netty..", "org.apache.kafka..", "io.lettuce..", "reactor..")
        .check(CLASSES);
  }

  /** What is read from Kafka is event-core's to tell. */
  @ParameterizedTest
  @ValueSource(strings = {"client", "edge", "ai"})
  void eventCoreAloneKnowsKafka(String module) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.kafka..", "org.rocksdb..")
        .check(CLASSES);
  }

  @Test
  void theStoreAloneKnowsRocksDb() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".")
        .and()
        .resideOutsideOfPackage(CORE + "store")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.rocksdb..")
        .check(CLASSES);
  }

  @Test
  void inEventCoreTheBroadcastAloneKnowsRedis() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "core..")
        .and()
        .resideOutsideOfPackage(CORE + "broadcast")
        .and(areNot(CORE, "Core", "CoreFactory"))
        .and(areWrittenByHand())
        .should()
        .dependOnClassesThat()
        .resideInAPackage(ROOT + "redis..")
        .check(CLASSES);
  }

  /** A type stands for the types that are nested in it. */
  @Test
  void inEventCoreTypesOfAPackageHaveNoCyclesAndThereAreFew() {
    JavaClasses core =
        CLASSES.that(
            describe(
                "are event-core's, written by hand",
                type -> (type.getPackageName() + ".").startsWith(CORE) && isWrittenByHand(type)));
    slices()
        .assignedFrom(
            new SliceAssignment() {
              @Override
              public SliceIdentifier getIdentifierOf(JavaClass type) {
                return SliceIdentifier.of(outermost(type));
              }

              @Override
              public String getDescription() {
                return "types";
              }
            })
        .should()
        .beFreeOfCycles()
        .check(core);
    assertThat(
            core.stream()
                .collect(
                    Collectors.groupingBy(
                        JavaClass::getPackageName,
                        Collectors.mapping(ArchitectureTest::outermost, Collectors.toSet())))
                .values())
        .allSatisfy(types -> assertThat(types).hasSizeLessThanOrEqualTo(MAX_TYPES));
  }

  private static String outermost(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }

  /** Where a key or a channel belongs on a Cluster is told in one place. */
  @Test
  void oneModuleConnectsToRedis() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "redis..")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("io\\.lettuce\\..*(Client|Connection|URI)")
        .check(CLASSES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sse", "dev"})
  void aTransportAndTheFaultButtonsAreFoldersThatCanBeDeleted(String folder) {
    noClasses()
        .that()
        .resideOutsideOfPackage(EDGE + folder + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(EDGE + folder + "..")
        .check(CLASSES);
  }

  @Test
  void aTransportWritesAndKnowsNeitherWhoReadsNorHowEventsComeIn() {
    noClasses()
        .that()
        .implement(EDGE + "connection.Transport")
        .or()
        .implement(EDGE + "log.WireFormat")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(EDGE + "access..", EDGE + "publish..")
        .check(CLASSES);
  }

  @Test
  void accessKnowsNothingOfWhatItGuards() {
    noClasses()
        .that()
        .resideInAPackage(EDGE + "access..")
        .should()
        .dependOnClassesThat(
            describe(
                "are the gateway's, and not of access",
                type ->
                    (type.getPackageName() + ".").startsWith(EDGE)
                        && !type.getPackageName().equals(EDGE + "access")))
        .check(CLASSES);
  }

  @Test
  void noReactiveOperatorAndNoSerialisationOnTheWayOfAnEvent() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "edge..")
        .and(areNot(EDGE, "EdgeHealth")) // whose interface wants a publisher
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "reactor..", "org.reactivestreams..", "com.fasterxml.jackson.databind..")
        .check(CLASSES);
  }

  @Test
  void theHttpServerIsKnownFromWithinWhereConnectionsAreTakenOverAndTurnedAwayOnly() {
    noClasses()
        .that(areNot(EDGE, "http.Takeover", "http.Listeners"))
        .and(areWrittenByHand())
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.micronaut.http.server.netty..")
        .check(CLASSES);
  }

  /** Neither these, which there have to be, nor what is written inside them. */
  private static DescribedPredicate<JavaClass> areNot(String root, String... names) {
    Arrays.stream(names).forEach(name -> CLASSES.get(root + name));
    Set<String> exempt = Arrays.stream(names).map(root::concat).collect(Collectors.toSet());
    return describe(
        "are not " + String.join(", ", names),
        type -> !exempt.contains(type.getName().replaceFirst("\\$.*", "")));
  }

  /** What Micronaut's processors and protoc generate is not. */
  private static DescribedPredicate<JavaClass> areWrittenByHand() {
    return describe("are written by hand", ArchitectureTest::isWrittenByHand);
  }

  private static boolean isWrittenByHand(JavaClass type) {
    return !type.getSimpleName().contains("$")
        && !type.getName().contains(".$")
        && !type.getPackageName().equals(ROOT + "contract.v1");
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
