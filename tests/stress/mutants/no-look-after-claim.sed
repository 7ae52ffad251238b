# a login that does not look for tombstones once it has its claim misses one
# -n 3000000 -k 0 -d 1000 -t 500 -a 8 -w 10 -r 20
/^insert(/,/^}/s/is_forbidden(r, geometry)/0/
