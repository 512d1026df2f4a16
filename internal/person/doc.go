// Package person keeps who somebody is: name, papers, address, sealed, with the
// history of their changes.
//
// Data come in parts (Part), each edited on a page of its own. A part that a
// register or an operator verified is frozen: the holder changes it by a
// request, not by typing. What the holder types is checked for form only
// (package ident); whether it is true is another matter.
//
// The name, the passport and the numbers, once verified, raise the account from
// Simplified to Standard, and a mark that is lost takes it back. Who verifies is
// not known here (proofing). Confirmed is set by who saw the person or their
// papers and is never touched here.
package person
