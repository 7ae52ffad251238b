# a tombstone that the next login removes lets an older one pass
# interleave -1
/^has_tombstone(/,/^}/s/return true;/return true; else word_cas(slot_control(cache, tombstones.copy[i].slot), tombstones.copy[i].seen, 0);/
