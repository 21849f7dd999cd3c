/** What operators rely on: drain, metrics, documents, settings, manifests, containers. */
@NullMarked
package io.tailwater.system.operations;

import org.jspecify.annotations.NullMarked;
