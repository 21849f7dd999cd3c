package io.tailwater.system.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Groups of types that depend on each other in a circle: the strongly connected components of their
 * dependencies, by Tarjan's algorithm. ArchUnit lists each circle of such a group, of which there
 * can be thousands. Confined to the call of {@link #within}.
 */
final class TypeCycles {
  private final Map<String, Set<String>> dependencies;
  private final Map<String, Integer> indices = new HashMap<>();
  private final List<String> open = new ArrayList<>();
  private final List<Set<String>> cycles = new ArrayList<>();

  private TypeCycles(Map<String, Set<String>> dependencies) {
    this.dependencies = dependencies;
  }

  /**
   * Each group of two or more nodes in a circle.
   *
   * @param node the name of the node that a type belongs to
   */
  static List<Set<String>> within(JavaClasses types, Function<JavaClass, String> node) {
    Map<String, Set<String>> dependencies = new TreeMap<>();
    Set<JavaClass> known = Set.copyOf(types);
    for (JavaClass type : types) {
      Set<String> of = dependencies.computeIfAbsent(node.apply(type), name -> new TreeSet<>());
      type.getDirectDependenciesFromSelf().stream()
          .map(Dependency::getTargetClass)
          .filter(known::contains)
          .map(node)
          .forEach(of::add);
    }
    TypeCycles search = new TypeCycles(dependencies);
    for (String each : dependencies.keySet()) {
      if (!search.indices.containsKey(each)) {
        search.visit(each);
      }
    }
    return search.cycles;
  }

  /** Returns the lowest index of an open node that can be reached from this one. */
  private int visit(String node) {
    int index = indices.size();
    indices.put(node, index);
    open.add(node);
    int lowest = index;
    for (String next : dependencies.getOrDefault(node, Set.of())) {
      if (!indices.containsKey(next)) {
        lowest = Math.min(lowest, visit(next));
      } else if (open.contains(next)) {
        lowest = Math.min(lowest, indices.get(next));
      }
    }
    if (lowest == index) {
      close(node);
    }
    return lowest;
  }

  private void close(String node) {
    List<String> group = open.subList(open.indexOf(node), open.size());
    if (group.size() > 1) {
      cycles.add(new TreeSet<>(group));
    }
    group.clear();
  }
}
