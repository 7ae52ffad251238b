# comparing the ages of versions, a writer that slept through half of them writes
# interleave-narrow -1
s/if (word_load(control) != claim)/(void)control; if ((((word >> 48) - control_version(claim)) \& LAYOUT_VERSION_MASK) - 1 < LAYOUT_VERSION_MASK \/ 2)/
