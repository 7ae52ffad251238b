# with the clock after the geometry, and no check after a renewal, it is misplaced
# interleave -1
# (Either of the two is enough.)
/^cache_now(/,/^}/s/now_out->now_s = cache->clock_s();/now_out->geometry = cache_mapped_geometry(cache); now_out->now_s = cache->clock_s();/
/^cache_now(/,/^}/s/^\tnow_out->geometry = cache_mapped_geometry(cache);$//
s/(scan_is_alone(cache, key, state, &copy)/(home != NULL \&\& copies.n == 1 \&\& !is_expired(control_stamp(home->seen), cache->clock_s(), now->window_s)/
