package io.tailwater.system.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TypeCyclesTest {
  interface Above {
    Left left();
  }

  interface Left {
    Right right();
  }

  interface Right {
    Left left(Below below);

    Self self();
  }

  interface Below {}

  interface Self {
    Self self();
  }

  @Test
  void aCircleIsFoundWithoutTheTypesAboveAndBelowIt() {
    assertThat(
            TypeCycles.within(
                new ClassFileImporter()
                    .importClasses(Above.class, Left.class, Right.class, Below.class, Self.class),
                JavaClass::getSimpleName))
        .containsExactly(Set.of("Left", "Right"));
  }
}
