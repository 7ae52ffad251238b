# merging copies without the later stamp loses a renewal
# stress -n 3000000 -k 0 -d 1000 -t 500 -a 10 -w 10 -r 5
/^merge(/,/^}/s/if (is_after(lower_s, control_stamp(higher->seen)) &&/if (0 \&\&/
