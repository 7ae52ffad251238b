# payload words of any version make a key of two halves
# interleave -1
/^payload_matches(/,/^}/s/word_load(&payload\[i\]) ^ wanted;/(word_load(\&payload[i]) ^ wanted) \& LAYOUT_DATA_MASK;/
