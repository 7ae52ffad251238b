# a renewal by an old clock that looks at nothing afterwards leaves two entries
# interleave -1
/^refresh_only(/,/^}/s/if (!is_expired(stamp_s, r->cache->clock_s(), r->now->window_s))/if (stamp_s == stamp_s)/
