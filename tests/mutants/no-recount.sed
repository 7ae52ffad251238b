# users that move while they are counted and the table doubles are not counted
# interleave
s/} while (n_after != n_buckets);/} while (n_after < n_buckets);/
