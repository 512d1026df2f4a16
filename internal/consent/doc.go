// Package consent keeps what a person agreed to: each consent is a document of
// its own with one purpose, the text as it was shown, and the way back.
//
// Invariants:
//   - Rows are only added. A consent ends by a row of its own: withdrawn by the
//     person, replaced by a newer one, or ended with the thing it was about.
//   - A text that was once shown never changes: a new wording is a new file in
//     texts/, named PURPOSE.VERSION.yaml, and whoever agreed to an older one is
//     asked anew. The hash of the text as shown stands with the consent.
//   - At most one consent is active for a purpose and object of an account.
//   - Withdrawing takes what Service.OnWithdrawal added into its transaction:
//     optional processing stops at once, and what must be destroyed is planned.
//
// The package does not decide what needs a consent: features that process
// something by consent ask Service.Active and call Service.Give where they show
// the text.
//
// Source: 152-FZ 9, 21; 156-FZ of 24.06.2025.
package consent
