/** The console: a page for operators, which uses the public interface and nothing else. */
@NullMarked
package io.tailwater.edge.console;

import org.jspecify.annotations.NullMarked;
