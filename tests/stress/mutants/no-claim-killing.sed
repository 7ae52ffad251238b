# a revocation that leaves claims alone lets a login under way publish after it
# -n 3000000 -k 0 -d 1000 -t 500 -a 8 -w 10 -r 20
s/const bool claimed = control_state(seen) == SLOT_CLAIMED;/if (control_state(seen) == SLOT_CLAIMED) break; const bool claimed = false;/
