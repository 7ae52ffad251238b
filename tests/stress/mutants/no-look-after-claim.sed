# a login that does not look for tombstones once it has its claim misses one
# -n 4000000 -k 0 -d 2000 -t 500 -a 8 -w 8 -r 20
/^insert(/,/^}/{s/copies_forbid(&copies, r->now->now_s) != NULL/0/;s/is_forbidden(r)/0/}
