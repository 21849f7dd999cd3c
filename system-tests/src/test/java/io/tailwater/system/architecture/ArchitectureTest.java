package io.tailwater.system.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.tailwater.service.Ticker;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
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

  /**
   * What each module may know of the others. {@code core} knows of {@code client} only how both
   * ends of a call prove who they are.
   */
  private static final Map<String, Set<String>> MODULES =
      Map.ofEntries(
          Map.entry("docs", Set.of()),
          Map.entry("contract", Set.of()),
          Map.entry("client", Set.of("contract")),
          Map.entry("javaclient", Set.of()),
          Map.entry("redis", Set.of()),
          Map.entry("service", Set.of()),
          Map.entry("core", Set.of("contract", "client", "redis", "service")),
          Map.entry("edge", Set.of("contract", "client", "redis", "service")),
          Map.entry("ai", Set.of("contract", "client", "redis", "service")),
          Map.entry("backend", Set.of("contract", "client", "service")),
          Map.entry("embedded", Set.of()),
          Map.entry("servers", Set.of("embedded")),
          Map.entry("launcher", Set.of("core", "edge", "ai", "backend", "embedded", "service")));

  static final Set<String> NAMES = MODULES.keySet();

  /**
   * The types of each module that give clocks and chance to the others. The commands are the wiring
   * of the command line. {@code embedded} and {@code servers} wait for other programs and are left
   * out.
   */
  static final List<Map.Entry<String, List<String>>> WIRING =
      List.of(
          Map.entry("docs", List.of()),
          Map.entry("contract", List.of()),
          Map.entry("client", List.of()),
          Map.entry("javaclient", List.of("loop.ThreadLoop")),
          Map.entry("redis", List.of()),
          Map.entry("service", List.of("Ticker")),
          Map.entry("core", List.of("CoreFactory")),
          Map.entry(
              "edge",
              List.of(
                  "Wiring",
                  "admin.AdminWiring",
                  "frames.FramesWiring",
                  "hop.HopWiring",
                  "http.Listeners",
                  "publish.PublishWiring",
                  "roster.RosterWiring",
                  "session.SessionWiring",
                  "socketio.SocketIoWiring",
                  "ui.UiWiring")),
          Map.entry("ai", List.of("Parts")),
          Map.entry("backend", List.of()),
          Map.entry(
              "launcher",
              List.of(
                  "Training",
                  "UpCommand",
                  "client.AiCommand",
                  "client.OwnPlatform",
                  "client.PublishCommand",
                  "client.ServerOptions",
                  "client.TokenCommand")));

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

  /**
   * Time and chance are parameters, so that tests can give them. A fold that read a clock would
   * come to another state each time it is repeated.
   */
  @ParameterizedTest
  @FieldSource("WIRING")
  void onlyWiringHasAClockOrChance(Map.Entry<String, List<String>> wiring) {
    String module = ROOT + wiring.getKey() + ".";
    noClasses()
        .that()
        .resideInAPackage(module + ".")
        .and(areNot(module, wiring.getValue().toArray(String[]::new)))
        .should()
        .accessTargetWhere(describe("it is a clock, a sleep or chance", this::isClockOrChance))
        .check(CLASSES);
  }

  private boolean isClockOrChance(JavaAccess<?> access) {
    JavaClass owner = access.getTargetOwner();
    String name = access.getName();
    return (owner.isEquivalentTo(System.class)
            && Set.of("nanoTime", "currentTimeMillis").contains(name))
        || ((owner.isEquivalentTo(Thread.class) || owner.isEquivalentTo(TimeUnit.class))
            && name.equals("sleep"))
        || (owner.isEquivalentTo(Ticker.class) && name.equals("system"))
        || (owner.isEquivalentTo(InstantSource.class) && name.equals("system"))
        || (owner.isEquivalentTo(Instant.class) && name.equals("now"))
        || (owner.isEquivalentTo(Clock.class) && name.startsWith("system"))
        || (owner.isEquivalentTo(Math.class) && name.equals("random"))
        || (owner.isEquivalentTo(UUID.class) && name.equals("randomUUID"))
        || (owner.isEquivalentTo(SecureRandom.class) && name.equals("<init>"))
        || (owner.isEquivalentTo(ThreadLocalRandom.class) && name.equals("current"));
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
  @ValueSource(strings = {"client", "edge", "ai", "backend"})
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
  @ParameterizedTest
  @FieldSource("NAMES")
  void typesOfAPackageHaveNoCycles(String module) {
    assertThat(TypeCycles.within(written(module), ArchitectureTest::outermost)).isEmpty();
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void aPackageHasFewTypes(String module) {
    assertThat(
            written(module).stream()
                .collect(
                    Collectors.groupingBy(
                        JavaClass::getPackageName,
                        Collectors.mapping(ArchitectureTest::outermost, Collectors.toSet()))))
        .allSatisfy(
            (name, types) -> assertThat(types).as(name).hasSizeLessThanOrEqualTo(MAX_TYPES));
  }

  private static JavaClasses written(String module) {
    return CLASSES.that(
        describe(
            "are of " + module + ", written by hand",
            type ->
                (type.getPackageName() + ".").startsWith(ROOT + module + ".")
                    && isWrittenByHand(type)));
  }

  private static String outermost(JavaClass type) {
    return type.getName().replaceFirst("\\$.*", "");
  }

  /** A lock that another thread holds would keep all connections of the loop waiting. */
  @Test
  void noLockIsTakenOnAnEventLoopOfTheGateway() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "edge..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.concurrent.locks..")
        .check(CLASSES);
    assertThat(written("edge").stream().filter(Monitors::areEnteredBy)).isEmpty();
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

  /** What the folders' absence does to a running gateway is shown by {@code DeletedProtocolsIT}. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sse",
        "poll",
        "frames",
        "socketio",
        "websocket,frames,socketio",
        "ai,openai,ui",
        "openai",
        "ui",
        "admin",
        "dev",
        "docs"
      })
  void aProtocolIsAFolderThatCanBeDeleted(String folders) {
    String[] packages =
        Arrays.stream(folders.split(",")).map(each -> EDGE + each + "..").toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(packages)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
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
                "are the gateway's, and not of access, of issuers' keys or of reading requests",
                type ->
                    (type.getPackageName() + ".").startsWith(EDGE)
                        && !type.getPackageName().equals(EDGE + "access")
                        && !type.getPackageName().equals(EDGE + "keys")
                        && !type.getPackageName().equals(EDGE + "request")))
        .check(CLASSES);
  }

  @Test
  void noReactiveOperatorAndNoSerialisationOnTheWayOfAnEvent() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "edge..")
        // The server's health indicators and request bodies are publishers.
        .and(areNot(EDGE, "EdgeHealth", "http.Bodies"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "reactor..", "org.reactivestreams..", "com.fasterxml.jackson.databind..")
        .check(CLASSES);
  }

  @Test
  void theHttpServerIsKnownFromWithinWhereConnectionsAreTakenOverAndTurnedAwayAndWhereItStops() {
    noClasses()
        .that(areNot(EDGE, "http.Takeover", "http.Listeners"))
        .and(areNot(ROOT, "core.CoreFactory", "ai.Parts"))
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
        && !type.getPackageName().equals(ROOT + "contract.v1")
        && !type.getPackageName().equals(ROOT + "contract.backend.v1");
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
