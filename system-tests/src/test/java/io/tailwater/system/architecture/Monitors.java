package io.tailwater.system.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.reflect.AccessFlag;

/** Finds {@code synchronized} methods and blocks in class files. */
final class Monitors {
  private Monitors() {}

  /** Whether the code of this type, without its nested types, enters a monitor. */
  static boolean areEnteredBy(JavaClass type) {
    return parse(type).methods().stream().anyMatch(Monitors::isSynchronized);
  }

  private static boolean isSynchronized(MethodModel method) {
    return method.flags().has(AccessFlag.SYNCHRONIZED)
        || method
            .code()
            .map(
                code ->
                    code.elementStream().anyMatch(element -> element instanceof MonitorInstruction))
            .orElse(false);
  }

  private static ClassModel parse(JavaClass type) {
    try (InputStream bytes = type.getSource().orElseThrow().getUri().toURL().openStream()) {
      return ClassFile.of().parse(bytes.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
