# a login that leaves the room to popauthd removes a living grant
# interleave -1
/if (room_try_add(cache, now->now_s) != 0)/d
