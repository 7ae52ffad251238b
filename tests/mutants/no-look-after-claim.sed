# a login that does not scan for tombstones after its claim misses one
# interleave -1
/^insert(/,/^}/s/is_forbidden(r, geometry)/0/
