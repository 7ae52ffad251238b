/* SPDX-License-Identifier: ISC */
#include "smtpgate/session/denial.h"

enum reply
denial_reply(const struct policy_verdict *verdict, bool client_is_known,
    bool serves_auth)
{
	if (verdict->result == POLICY_DENY_FOR_NOW) {
		if (verdict->reason == REASON_MAX_RECIPIENTS)
			return REPLY_TOO_MANY_RECIPIENTS;
		if (verdict->reason == REASON_ONE_RECIPIENT)
			return REPLY_ONE_RECIPIENT;
		return REPLY_RELAYING_DENIED_FOR_NOW;
	}
	if (!client_is_known)
		return REPLY_RELAYING_DENIED_UNKNOWN;
	switch (verdict->reason) {
	case REASON_SENDER:
		return REPLY_SENDER_NOT_YOURS;
	case REASON_BLOCKED:
		return REPLY_BLOCKED;
	case REASON_SCOPE:
		return REPLY_OUT_OF_SCOPE;
	case REASON_SERVICE:
		return REPLY_RIGHT_REQUIRED;
	case REASON_FOREIGN_DOMAIN:
	case REASON_ADDRESS_LITERAL:
	case REASON_SOURCE_ROUTE:
	case REASON_DANGEROUS_LOCAL_PART:
	case REASON_NOT_KNOWN:
	case REASON_ASKED_BACKEND:
	case REASON_LOCAL:
	case REASON_MAX_RECIPIENTS:
	case REASON_ONE_RECIPIENT:
	case REASON_UNKNOWN_RECIPIENT:
	case REASON_BACKEND_RELAYING:
	case REASON_BACKEND:
	case REASON_BACKEND_FAILED:
	case REASON_COUNT:
		break;
	}
	return serves_auth ? REPLY_RELAYING_DENIED_LOGIN
			   : REPLY_RELAYING_DENIED;
}

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
