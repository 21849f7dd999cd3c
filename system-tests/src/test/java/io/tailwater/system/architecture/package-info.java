/** The rules that the code of every module keeps. */
@NullMarked
package io.tailwater.system.architecture;

import org.jspecify.annotations.NullMarked;
