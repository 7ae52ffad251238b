# a look-up that passes downwards misses who moves upwards meanwhile
# interleave
s/look_in(look, places.bucket\[p\])/look_in(look, places.bucket[places.n - 1 - p])/
