# a login that does not look for tombstones once it has its claim misses one
# interleave -1
/^insert(/,/^}/s/is_forbidden(r, geometry)/0/
