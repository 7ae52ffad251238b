/* SPDX-License-Identifier: ISC */
#include "decision/reason.h"

static const struct {
	const char *word;
	const char *sentence;
} reasons[REASON_COUNT] = {
    [REASON_LOCAL] = {"local", "the recipient's domain is local"},
    [REASON_FOREIGN_DOMAIN] = {"foreign-domain",
	"the recipient's domain is not in local_domains"},
    [REASON_ADDRESS_LITERAL] = {"address-literal",
	"the recipient's domain is an address that local_domains does not "
	"list"},
    [REASON_SOURCE_ROUTE] = {"source-route",
	"the recipient has a source route, which another mail server may "
	"follow"},
    [REASON_DANGEROUS_LOCAL_PART] = {"dangerous-local-part",
	"another mail server may read the local part as a further address"},
    [REASON_SENDER] = {"sender",
	"the client may relay, but not for this envelope sender"},
    [REASON_BLOCKED] = {"blocked",
	"a rule of the administrator blocks the user or the address"},
    [REASON_SCOPE] = {"scope",
	"the permit of the address is for other senders or recipients"},
    [REASON_NOT_KNOWN] = {"not-known",
	"it is not known whether the recipient's domain is local"},
    [REASON_ASKED_BACKEND] = {"asked-backend",
	"the mail server knows whether the recipient's domain is local"},
    [REASON_SERVICE] = {"service",
	"the service accepts mail only from clients that may relay"},
    [REASON_MAX_RECIPIENTS] = {"max-recipients",
	"the message has more recipients than max_recipients"},
    [REASON_ONE_RECIPIENT] = {"one-recipient",
	"a message without a sender may have one recipient only"},
    [REASON_UNKNOWN_RECIPIENT] = {"unknown-recipient",
	"the mail server has no such mailbox"},
    [REASON_BACKEND_RELAYING] = {"backend-relaying",
	"the gate permits it, and the mail server does not relay there; see "
	"its restrictions"},
    [REASON_BACKEND] = {"backend",
	"the mail server refused it; its reply has the reason"},
    [REASON_BACKEND_FAILED] = {"backend-failed",
	"the mail server failed before it answered"},
};

const char *
reason_word(enum reason reason)
{
	return reasons[reason].word;
}

const char *
reason_sentence(enum reason reason)
{
	return reasons[reason].sentence;
}
