# a revocation that leaves claims alone lets a login under way publish after it
# -n 4000000 -k 0 -d 2000 -t 500 -a 8 -w 8 -r 20
/while (control_state(seen) == SLOT_CLAIMED/,/seen = word_load_acquire(control);/d
