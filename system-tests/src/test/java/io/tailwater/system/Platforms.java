package io.tailwater.system;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests the platform that they ask for; each is started once for all test classes. */
final class Platforms implements ParameterResolver {
  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    Class<?> type = parameter.getParameter().getType();
    return type == InProcessPlatform.class
        || type == LaunchedPlatform.class
        || type == ComposePlatform.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    ExtensionContext.Store store =
        test.getRoot().getStore(ExtensionContext.Namespace.create(Platforms.class));
    return store.getOrComputeIfAbsent(parameter.getParameter().getType());
  }
}
