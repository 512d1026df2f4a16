// Package recovery gives an account back to somebody who lost everything: the
// password, the phone, the mailbox and the second factor.
//
// It goes so: a new contact is confirmed by a code; the person says who they are
// and gives a picture of the passport; two different operators look and agree;
// for a day every old contact is warned and can stop it by one link; then a link
// that works once and for an hour goes to the new contact, where a new password
// is chosen. All the while nothing changes in the account.
//
// Invariants:
//   - To a stranger all cases look the same, whether or not there is an account:
//     same pages, same statuses, same words of refusal.
//   - No operator learns a code, a link or a password, and none decides alone or
//     about an account of their own. Every look at a case is written down where
//     the account's holder reads it.
//   - What was cancelled stays cancelled: the account's own row (a hold) decides,
//     in the transaction that gives the account back.
//   - Pictures are sealed, never opened without a line in the log, and deleted
//     keepFiles after the decision.
//
// A case belongs to nobody but itself until it is decided, so its tables begin
// with its ID; what waits for an account's holder belongs to the account.
//
// Sources; NIST SP 800-63B-4 4.2; OWASP ASVS 5.0 V6.4.
package recovery
