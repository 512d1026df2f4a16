// Package account lets people in: registration by phone, sign-in with password
// and a second step by code, sessions and devices, recovery of access.
//
// Invariants:
//   - A phone, an e-mail address and an account number belong to at most one
//     account. They are found by a keyed hash and stored sealed.
//   - To a stranger, a login that somebody has and one that nobody has look the
//     same: same pages, same statuses, same work done. Only the owner of a
//     confirmed phone or address is told which it is, by a message there.
//   - A session is a row that says when it began and was last seen; it is over by
//     the clock of the server alone, and what was once refused stays refused.
//   - A code works once, for CodeTries tries, for a few minutes, in the browser
//     or account that asked for it.
//
// A flow is what happens before it is known who somebody is (registration, the
// second step, recovery, unlocking). It is tied to one browser by a cookie, its
// ID stands in the address, so that the back button, a refresh and two tabs do
// no harm.
//
// The package does not know who a person is beyond the level: names and papers
// are kept by package person, which Options.Registered hands them to.
//
// Sources: NIST SP 800-63B-4, OWASP ASVS 5.0 V6 and V7.
package account
