# a login that leaves the room to popauthd removes a living grant
# interleave -1
/if (room_try_add(cache, cur + 1, now->now_s) != 0)/d
