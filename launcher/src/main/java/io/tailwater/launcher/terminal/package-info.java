/** What a command writes to the terminal: lines, sentences and exit codes. */
@NullMarked
package io.tailwater.launcher.terminal;

import org.jspecify.annotations.NullMarked;
