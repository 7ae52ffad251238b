# payload words of any version make a key of two halves
# interleave -1
/^payload_matches(/,/^}/s/word_load(&payload\[i\]) ^ (v | key->data\[i\]);/(word_load(\&payload[i]) ^ (v | key->data[i])) \& LAYOUT_DATA_MASK;/
