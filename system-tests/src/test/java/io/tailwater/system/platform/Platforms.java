package io.tailwater.system.platform;

import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLocksProvider;

/**
 * Gives tests the platform that they ask for; each is started once for all test classes. Classes
 * run side by side: they share the platform in this JVM and the launched one, unless one has to be
 * alone with it and says so with a lock on {@link #IN_PROCESS} or {@link #LAUNCHED}. Every other
 * platform is one test's at a time.
 */
public final class Platforms implements ParameterResolver, ResourceLocksProvider {
  public static final String IN_PROCESS = "the platform in this JVM";

  /** For tests that kill parts of it. */
  public static final String LAUNCHED = "the launched platform";

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return Platform.class.isAssignableFrom(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    ExtensionContext.Store store =
        test.getRoot().getStore(ExtensionContext.Namespace.create(Platforms.class));
    return store.getOrComputeIfAbsent(parameter.getParameter().getType());
  }

  @Override
  public Set<Lock> provideForClass(Class<?> test) {
    return locks(
        Stream.concat(
            Stream.of(test.getDeclaredConstructors()),
            Stream.of(test.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(BeforeAll.class))));
  }

  @Override
  public Set<Lock> provideForMethod(List<Class<?>> enclosing, Class<?> test, Method method) {
    return locks(Stream.of(method));
  }

  private static Set<Lock> locks(Stream<? extends Executable> givenPlatforms) {
    Set<Lock> locks = new HashSet<>();
    givenPlatforms
        .flatMap(executable -> Stream.of(executable.getParameterTypes()))
        .forEach(
            type -> {
              if (type == InProcessPlatform.class) {
                locks.add(new Lock(IN_PROCESS, ResourceAccessMode.READ));
              } else if (type == LaunchedPlatform.class) {
                locks.add(new Lock(LAUNCHED, ResourceAccessMode.READ));
              } else if (Platform.class.isAssignableFrom(type)) {
                locks.add(new Lock(type.getName(), ResourceAccessMode.READ_WRITE));
              }
            });
    return locks;
  }
}
