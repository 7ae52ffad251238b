# lowering an address without a mark takes from a neighbour what he just renewed
# interleave -1
s/: control_with_mark(seen, control_mark(seen) + 1);/: seen;/
