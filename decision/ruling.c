/* SPDX-License-Identifier: ISC */
#include "decision/ruling.h"

#include "rules/inforce.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static bool
has_sender(const struct rule *rule, const struct path *sender)
{
	char address[PATH_LOCAL_BYTES + PATH_DOMAIN_BYTES];

	if (rule->senders[0] == '\0')
		return true;
	if (sender == NULL || sender->is_null ||
	    path_local_is_dangerous(sender))
		return false;
	snprintf(
	    address, sizeof(address), "%s@%s", sender->local, sender->domain);
	return rule_list_has(rule->senders, address);
}

static bool
has_recipient(const struct rule *rule, const struct path *recipient)
{
	if (rule->domains[0] == '\0' || recipient == NULL)
		return true;
	return !recipient->has_route && !path_local_is_dangerous(recipient) &&
	       rule_list_has(rule->domains, recipient->domain);
}

bool
ruling_permits(const struct site *site, const struct addr *client,
    const struct path *sender, const struct path *recipient)
{
	const int64_t now_s = time(NULL);
	const struct rule *rule = NULL;

	if (site->rules == NULL)
		return false;
	while ((rule = rules_next_permit(
		    &site->rules->rules, rule, client, now_s)) != NULL)
		if (has_sender(rule, sender) && has_recipient(rule, recipient))
			return true;
	return false;
}

static void
become(struct right *right, enum right_kind kind)
{
	memset(right, 0, sizeof(*right));
	right->kind = kind;
}

void
ruling_apply(const struct site *site, const struct addr *client,
    const char *user, const struct path *sender, bool may_permit,
    struct right *right)
{
	const char *named = user != NULL ? user : right_user(right);
	int error;

	if (site->rules == NULL || site->table == NULL)
		return;
	error = inforce_refresh(site->rules, site->table);
	if (error != 0) {
		become(right, RIGHT_UNKNOWN);
		right->error = error;
	} else if (rules_find_block(&site->rules->rules, client, named,
		       time(NULL)) != NULL) {
		become(right, RIGHT_BLOCKED);
	} else if (may_permit && right->kind == RIGHT_NONE &&
		   ruling_permits(site, client, sender, NULL)) {
		become(right, RIGHT_PERMIT);
	}
}
