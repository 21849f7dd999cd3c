/**
 * What a channel's log folds to: entries and how events change them, and the text of AI answers.
 * Pure functions and their data; the package {@code store} keeps them.
 */
@NullMarked
package io.tailwater.core.state;

import org.jspecify.annotations.NullMarked;
