# payload words of any version make a key of two halves
# interleave -1
/^payload_matches(/,/^}/s/difference |= payload\[i\] ^ payload_make(version, key->data\[i\]);/difference |= (payload[i] ^ payload_make(version, key->data[i])) \& LAYOUT_DATA_MASK;/
