// Package application is a request for a service and its life: filled in, sent,
// checked, worked, decided, answered with a document.
//
// Invariants:
//   - One form becomes at most one application, however often and from however
//     many places it is sent: the form's key (of a draft, its ID) is unique in
//     the account.
//   - A status changes only along the edges of its graph. Each change is a line
//     of the journal with its number, its time and who made it, and gives the
//     citizen exactly one notice. No status changes because time passed.
//   - The application, its journal, the audit line, the notice and the jobs that
//     carry it on become durable together or not at all.
//   - The row of the citizen is the truth. The agency's queue (desk_case) is a
//     copy for lists, brought up to date by a job; it never moves backwards.
//   - An approved application gets one document, however often the job that
//     makes it runs.
//
// An application is decided by a connector (a register that answers by itself)
// or by a clerk; what no register answers goes to a clerk. What a service asks,
// how it is routed and what its result says is the definition's (package
// catalogue); what was answered is checked by package eform. This package
// decides who may act when.
//
// The term is counted by the definition's rules from the moment of sending.
// Where the definition allows it, the term stands still while the citizen is
// asked for something. The last day is always counted anew from the journal, so
// the same journal gives the same day.
// Source: 210-FZ 7; Civil Code 191–194.
package application
