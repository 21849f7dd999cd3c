@NullMarked
package io.tailwater.edge.ui;

import org.jspecify.annotations.NullMarked;
