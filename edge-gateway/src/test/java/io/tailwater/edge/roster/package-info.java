@NullMarked
package io.tailwater.edge.roster;

import org.jspecify.annotations.NullMarked;
