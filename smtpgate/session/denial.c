/* SPDX-License-Identifier: ISC */
#include "smtpgate/session/denial.h"

bool
denial_learn(struct policy_verdict *verdict, const struct response *response)
{
	if (response_is(response, 2))
		return false;
	verdict->result =
	    response_is(response, 5) ? POLICY_DENY : POLICY_DENY_FOR_NOW;
	verdict->reason = REASON_BACKEND;
	switch (response_refusal(response)) {
	case RESPONSE_REFUSES_RELAYING:
		if (verdict->via == POLICY_VIA_BACKEND) {
			policy_learn_foreign(verdict);
			return true;
		}
		verdict->reason = REASON_BACKEND_RELAYING;
		break;
	case RESPONSE_REFUSES_RECIPIENT:
		verdict->reason = REASON_UNKNOWN_RECIPIENT;
		break;
	case RESPONSE_REFUSES:
		break;
	}
	return false;
}
