package io.tailwater.system.platform;

import io.micronaut.context.ApplicationContextBuilder;
import io.micronaut.context.ApplicationContextConfigurer;
import io.micronaut.context.annotation.ContextConfigurer;
import java.util.Set;

/**
 * Starts a service as if packages of it had been deleted: no class of them can be loaded by its
 * context, so that it has no bean of them. That no other class refers to them is {@code
 * ArchitectureTest}'s to show.
 */
public final class HiddenPackages {
  private static final ScopedValue<ClassLoader> WITHOUT = ScopedValue.newInstance();

  private HiddenPackages() {}

  /**
   * Starts a context without these packages.
   *
   * @param packages names; packages below them are hidden as well
   */
  public static <T> T hide(
      Set<String> packages, ScopedValue.CallableOp<T, RuntimeException> start) {
    return ScopedValue.where(WITHOUT, new Hiding(packages)).call(start);
  }

  /** Micronaut finds it by its annotation, and shows it the builder of every context. */
  @ContextConfigurer
  public static final class Configurer implements ApplicationContextConfigurer {
    @Override
    public void configure(ApplicationContextBuilder builder) {
      if (WITHOUT.isBound()) {
        builder.classLoader(WITHOUT.get());
      }
    }
  }

  private static final class Hiding extends ClassLoader {
    private final Set<String> packages;

    Hiding(Set<String> packages) {
      super(HiddenPackages.class.getClassLoader());
      this.packages = Set.copyOf(packages);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (packages.stream().anyMatch(each -> name.startsWith(each + "."))) {
        throw new ClassNotFoundException(name + " is hidden");
      }
      return super.loadClass(name, resolve);
    }
  }
}
