# a tombstone that the next login removes lets an older one pass
# -n 3000000 -k 0 -d 1000 -t 500 -a 8 -w 10 -r 20
/^scan_forbids(/,/^}/s/return true;/return true; else slot_free_(cache, \&tombstones.copy[i]);/
/^bool$/{N;s/^bool\nscan_forbids(/static void slot_free_(struct shmcache *cache, const struct copy *copy) { word_cas(slot_control(cache, copy->slot), copy->seen, control_make(control_version(copy->seen), SLOT_FREE, 0, 0)); }\nbool\nscan_forbids(/}
