# a look-up that passes downwards misses a key that moves upwards meanwhile
# interleave
/^look_in_levels(/,/^}/s/places.bucket\[p\]))/places.bucket[places.n - 1 - p]))/
