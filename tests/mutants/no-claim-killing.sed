# a revocation that frees no claims lets a login under way publish after it
# interleave -1
s/const bool claimed = control_state(seen) == SLOT_CLAIMED;/if (control_state(seen) == SLOT_CLAIMED) break; const bool claimed = false;/
