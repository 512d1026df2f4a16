// Package sandbox plays the partners of the portal: an SMS gateway, a mail
// server, the tax, passport and pension registers, a post office and a
// certification centre with a page that signs files. They are real servers behind
// real protocols, with a state of their own that survives a restart, and with a small web page on
// which a visitor reads what came and switches a partner to slow, down or
// broken. The demonstration and the tests talk to it; production never does.
//
// It stands apart: it imports nothing of the portal, as a partner's programs
// would not, so a fault in the portal's code cannot hide behind the same fault
// here. The one exception is the arithmetic of GOST, which tests compare with
// OpenSSL's on both sides. Its people, firms and numbers are invented: ИНН of region 00 and СНИЛС
// above 999-000-000 are issued to nobody, and their check digits are right.
//
// HTTP, all partners (bearer token: Sandbox.Token):
//
//	POST /sms/send                       SMS gateway; the id is an idempotency key
//	GET  /sms/{id}                       state of a message
//	POST /tax/v1/income-certificates     tax register; the requestId is an idempotency key
//	POST /tax/v1/numbers                 tax register: the ИНН of the holder of a passport
//	POST /passport/v1/checks             passport register: is it valid, and whose
//	POST /pension/v1/insured             pension register: whose СНИЛС it is
//	POST /post/v1/letters                post office; the id is an idempotency key
//	GET  /post/v1/letters/{id}           state of a letter
//
// HTTP, sign-ins for others (client "kabinet", whose secret is the token; pages
// ask who it is and how to answer):
//
//	/oidc/{sber,bereg,sever}/…           OpenID Connect, each with its discovery; sber also RFC 8628
//	/esia/aas/oauth2/…, /esia/rs/prns/…  ЕСИА by both flows; /esia/setup/… holds what a system needs
//
// HTTP, for people and tests (no token):
//
//	GET  /                               pages, Russian or ?lang=en
//	GET  /sms.json?to=&since=            newest first; to is a phone, since an RFC 3339 time
//	GET  /mail.json?to=&since=           newest first; to is an address
//	GET  /letters.json?to=               newest first; to is part of a name or address
//	POST /registers                      {"person":"ID or СНИЛС","passport":"expired",…}: see State
//	GET  /centre/gost.crl, /centre/ecdsa.crl, /centre/roots.pem
//	POST /centre/{serial}                revoked=1 revokes a certificate, otherwise it is restored
//	POST /signer                         data (base64), person, kind, as=file|text: signs as a person would
//	GET  /faults, POST /faults           {"partner":"sms|mail|tax|…","mode":"ok|slow|down|broken"}
//
// SMTP: ServeSMTP; AUTH PLAIN is offered, not asked for, with the token as password.
//
// Everything is kept in one file of JSON lines, in the clear: give it a folder
// of its own, never the portal's.
package sandbox
