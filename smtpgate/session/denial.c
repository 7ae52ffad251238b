/* SPDX-License-Identifier: ISC */
#include "smtpgate/session/denial.h"

enum reply
denial_reply(const struct policy_verdict *verdict, bool client_is_known,
    bool serves_auth)
{
	if (verdict->result == POLICY_DENY_FOR_NOW)
		return REPLY_RELAYING_DENIED_FOR_NOW;
	if (!client_is_known)
		return REPLY_RELAYING_DENIED_UNKNOWN;
	switch (verdict->reason) {
	case REASON_SENDER:
		return REPLY_SENDER_NOT_YOURS;
	case REASON_SERVICE:
		return REPLY_RIGHT_REQUIRED;
	case REASON_FOREIGN_DOMAIN:
	case REASON_ADDRESS_LITERAL:
	case REASON_SOURCE_ROUTE:
	case REASON_DANGEROUS_LOCAL_PART:
	case REASON_NOT_KNOWN:
	case REASON_LOCAL:
	case REASON_COUNT:
		break;
	}
	return serves_auth ? REPLY_RELAYING_DENIED_LOGIN
			   : REPLY_RELAYING_DENIED;
}
