/** Tests of models behind servers, with servers that fail in every way. */
@NullMarked
package io.tailwater.ai.upstream;

import org.jspecify.annotations.NullMarked;
