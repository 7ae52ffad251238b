# merging copies without the later stamp loses a renewal
# interleave
/^merge(/,/^}/s/if (is_after(lower_s, control_stamp(higher->seen)) &&/if (0 \&\&/
