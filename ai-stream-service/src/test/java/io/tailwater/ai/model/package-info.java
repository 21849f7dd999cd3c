@NullMarked
package io.tailwater.ai.model;

import org.jspecify.annotations.NullMarked;
