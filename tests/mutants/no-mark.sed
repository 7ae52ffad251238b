# lowering an address without a mark loses a neighbour's renewal
# interleave -1
s/: control_with_mark(seen, control_mark(seen) + 1);/: seen;/
