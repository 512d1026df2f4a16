// Package centre is the desk of a service centre: an operator sits opposite a
// person who has brought their passport.
//
// One intake does it all: the operator types what the papers say, the registers
// are asked, and what comes of it depends on who is known already. Nobody: a code
// to the person's phone shows that it is theirs, and an account is made, confirmed
// at once. Somebody: a code to the phone of that account shows that its holder is
// present, and it becomes Confirmed. Somebody who lost their access gets a new
// way in without a code, since the papers and the registers agree with what was
// verified before; all contacts are told.
//
// The way in is a link on paper, with a square code: it works once, for a day,
// and only to choose a password. Operators never see or set one.
//
// Invariants: an intake belongs to the agency of its operator; what was typed is
// forgotten when the intake ends; the secret of a link is known here only sealed,
// until the link is used or over.
package centre
