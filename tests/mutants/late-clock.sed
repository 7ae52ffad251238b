# with the clock after the geometry, and no check after a renewal, it is misplaced
# interleave -1
# (Either of the two is enough.)
/^cache_now(/,/^}/s/now_out->now_s = cache->clock_s();/const int early = cache_geometry(cache, \&now_out->geometry); now_out->now_s = cache->clock_s();/
/^cache_now(/,/^}/s/return cache_geometry(cache, &now_out->geometry);/return early;/
s/(scan_is_alone(cache, key, state, &copy)/(home != NULL \&\& copies.n == 1 \&\& !is_expired(control_stamp(home->seen), cache->clock_s(), now->window_s)/
