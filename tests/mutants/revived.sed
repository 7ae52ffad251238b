# a renewal by an old clock without a scan afterwards leaves two entries
# interleave -1
s/(scan_is_alone(cache, key, state, &copy)/(home != NULL/
