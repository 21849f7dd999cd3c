package io.tailwater.launcher;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests the one {@link UpPlatform}, which is stopped after the last of them. */
final class OnUp implements ParameterResolver {
  /** The lock of the classes that use the platform, as they change the same topics. */
  static final String PLATFORM = "the platform of ./tailwater up";

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    return parameter.getParameter().getType() == UpPlatform.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
    return test.getRoot()
        .getStore(ExtensionContext.Namespace.create(OnUp.class))
        .getOrComputeIfAbsent(UpPlatform.class, type -> UpPlatform.start(), UpPlatform.class);
  }
}
