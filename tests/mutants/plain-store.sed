# a plain store instead of a CAS lets a writer that slept damage a live slot
# interleave -1
/if (word_load(control) != claim)/,/return false;/d
s/if (word_cas(&payload\[i\], word,/payload[i] = payload_make(control_version(claim), data[i]); if (word == 0 || (1,/
