# merging copies without the later stamp loses a renewal
# -n 4000000 -k 0 -d 2000 -t 500 -a 8 -w 8
/^merge(/,/^}/s/if (is_after(lower_s, higher_s) ||/if (0 \&\& (is_after(lower_s, higher_s)) ||/
